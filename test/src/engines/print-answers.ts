/** Prints the answers of the Node that runs it, see answers.ts, as JSON. */

import process from 'node:process';
import { loadKernels } from '@hivegrad/worker/kernels-file';
import { answersOf } from './answers.ts';

process.stdout.write(`${JSON.stringify(answersOf(await loadKernels()))}\n`);
