/** Answers of the browser in whose Web Worker it runs, see answers.ts: one message to the page. */

import { compileKernels } from '@hivegrad/shared/kernels/wasm';
import { answersOf } from './answers.ts';

declare function postMessage(message: unknown): void;

const response = await fetch('/kernels.wasm');
postMessage(answersOf(compileKernels(new Uint8Array(await response.arrayBuffer()))));
