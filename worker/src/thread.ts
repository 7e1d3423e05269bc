/** The entry of a pool's threads, for Piscina. */

import type { ThreadTask } from './serve.ts';
import { serve } from './serve.ts';

export default function thread(task: ThreadTask): { exact: boolean } {
  return serve(task);
}
