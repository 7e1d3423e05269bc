/** `npm run bench`: what this machine does, as a table and as JSON lines. */
import { median, trainingRate } from './measure.ts';
import { workloads } from './workloads.ts';

for (const workload of workloads) {
  for (const threads of [1, 2]) {
    const { perSecond } = await trainingRate(workload, threads, 3);
    process.stdout.write(`${workload.name} ${threads} ${Math.round(median(perSecond))} ${workload.unit}\n`);
  }
}
