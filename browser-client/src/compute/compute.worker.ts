/** The entry of a thread that computes. */

import { workerScope } from '../worker-scope.ts';
import { serve } from './serve.ts';

serve(workerScope(), { nowMs: () => performance.now() });
