/**
 * Whole runs in a heap of events under one seed: processes that end in the middle, workers over bad connections, the
 * threads of this machine, and a disk. What may not happen is checked after every event; once the chaos is over the
 * run must end within a bound, and leave what an undisturbed one leaves.
 */

import type { Node } from '@hivegrad/shared/reduce/tree';
import { FIRST_LEASE_MS } from '../fleet/speed.ts';
import { Disk } from './disk.test.support.ts';
import { undisturbed, uninterrupted } from './expected.test.support.ts';
import { firstModel, isSameModel } from './model.test.support.ts';
import type { SimulationPlan, WorkerPlan } from './plan.test.support.ts';
import { randomSimulation, shardsOfStep } from './plan.test.support.ts';
import { Process } from './process.test.support.ts';
import { createRandom, demand, type Random, Violation } from './random.test.support.ts';
import { Timeline } from './timeline.test.support.ts';
import { DELAY_MAX, SimulatedWorker, SLOW_MAX } from './worker.test.support.ts';
import type { Parts, Tally, World } from './world.test.support.ts';
import { hasFiniteSum, noTally, rightParts, stepOf } from './world.test.support.ts';

/** Happenings of one run at most; far more than any run here needs. */
const HAPPENINGS_MAX = 50_000;
/** A lease is doubled each time that one expires, up to so many times its length. */
const LEASE_DOUBLED_MAX = 64;

/** @throws Violation with the seed */
export function simulate(seed: number, changed: Partial<Parts> = {}): Tally {
  const random = createRandom(seed);
  const plan = randomSimulation(random);
  try {
    return new Simulation(plan, random, { ...rightParts, ...changed }).run();
  } catch (error) {
    throw new Violation(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

class Simulation {
  private readonly world: World;
  private readonly boundMs: number;
  private process: Process | undefined;
  private interruptions: number;
  private happened = 0;

  constructor(plan: SimulationPlan, random: Random, parts: Parts) {
    const timeline = new Timeline();
    const around = {
      timeline,
      random,
      faults: plan.faults,
      shardsOf: (step: number) => shardsOfStep(plan, step),
      hasFiniteSum: (step: number, node: Node) => hasFiniteSum(plan, step, node),
      isCalm: () => this.world.isCalm,
      hear: (...args: Parameters<Process['hear']>) => this.process?.hear(...args),
    };
    this.world = {
      plan,
      parts,
      random,
      timeline,
      disk: new Disk(),
      expected: uninterrupted(plan.run, plan.divergence?.step),
      workers: plan.workers.map((worker) => new SimulatedWorker(worker, around)),
      taken: [{ ...firstModel, lies: 0 }],
      tally: noTally(),
      isCalm: false,
    };
    this.interruptions = plan.interruptions.most;
    this.boundMs = plan.chaosMs + calmMsMax(plan);
  }

  run(): Tally {
    const { timeline, plan, tally, workers } = this.world;
    timeline.after(plan.chaosMs, () => {
      this.world.isCalm = true;
      for (const worker of workers) worker.calm();
    });
    let end: Process['end'];
    while (end !== 'finished' && end !== 'diverged') {
      end = this.play();
      tally.outcomes.push(end);
    }
    tally.calmMs = Math.max(0, timeline.nowMs - plan.chaosMs);
    this.checkEnd();
    if (end === 'finished') this.resumeFinished();
    return tally;
  }

  /** A process from its beginning to its end. */
  private play(): NonNullable<Process['end']> {
    const { timeline, random, workers, disk } = this.world;
    const process = new Process(this.world);
    this.process = process;
    this.planInterruption(process);
    process.start();
    while (process.end === undefined) {
      demand(timeline.next(), 'nothing will happen any more and the run has not ended');
      demand(this.happened++ < HAPPENINGS_MAX && timeline.nowMs < this.boundMs, 'the run does not end');
    }
    process.close();
    for (const worker of workers) worker.cut();
    if (process.end === 'crashed') disk.crash(random);
    return process.end;
  }

  private planInterruption(process: Process): void {
    const { random, timeline, plan, isCalm } = this.world;
    if (this.interruptions === 0 || isCalm) return;
    this.interruptions--;
    const isCrash = random.chance(0.6);
    timeline.after(random.below(plan.interruptions.withinMs), () => {
      if (process !== this.process || process.end !== undefined || this.world.isCalm) return;
      if (isCrash) process.crash();
      else process.stop();
    });
  }

  private checkEnd(): void {
    const { plan, taken, disk, tally } = this.world;
    const { divergence, run } = plan;
    const at = stepOf(this.world);
    // A lie about a sum that is not finite hides that.
    const isHidden = divergence !== undefined && at > divergence.step;
    demand(!isHidden || taken[divergence.step + 1]!.lies > 0, 'a divergence is passed over');
    const expected = isHidden ? uninterrupted(run) : this.world.expected;
    demand(at === expected.steps, 'steps are missing');
    demand(disk.lines.join() === expected.lines.join(), 'the metrics are not those of an uninterrupted run');
    if (at < run.stepsPerEpoch * run.epochs && at === expected.end) tally.stoppedEarly++;
    const lie = taken.findIndex(({ lies }) => lies > 0);
    const honest = undisturbed(plan, lie < 0 ? at : lie - 1);
    const isEqual = honest.every((model, step) => isSameModel(model, taken[step]!));
    demand(isEqual, 'the weights are not those of an undisturbed run');
  }

  private resumeFinished(): void {
    const { tally, disk } = this.world;
    const { checkpoints } = tally;
    const [at, lines] = [stepOf(this.world), disk.lines.length];
    demand(this.play() === 'finished', 'a finished run does not end at once');
    const isUntouched =
      tally.checkpoints === checkpoints && stepOf(this.world) === at && disk.lines.length === lines;
    demand(isUntouched, 'a finished run goes on');
  }
}

/**
 * The longest that a run may take once the chaos is over: a lease that was given in it to a worker that was silent again
 * and again, and then each step once more with the slowest worker at its slowest.
 */
function calmMsMax(plan: SimulationPlan): number {
  const { run, workers, localPerShardMs } = plan;
  const shards = shardsOfStep(plan, 0);
  const nodeMs = ({ perShardMs, latencyMs }: WorkerPlan) =>
    shards * perShardMs * SLOW_MAX + 2 * latencyMs * DELAY_MAX;
  const slowestMs = Math.max(shards * localPerShardMs, ...workers.map(nodeMs));
  const leaseMs = LEASE_DOUBLED_MAX * Math.max(FIRST_LEASE_MS, 2 * slowestMs + 100);
  return leaseMs + run.stepsPerEpoch * run.epochs * slowestMs;
}
