/**
 * How the run stands, for those who look at it: the last step's loss, what part of the epoch is done, and how many
 * samples a second everybody together computes, over the last ten seconds or, where it took longer, the last step.
 */

import { stepsPerEpoch } from '@hivegrad/shared/data/sampler';
import type { RunShape, Status } from '@hivegrad/shared/protocol/messages';
import type { StepSums } from '../training/sums.ts';
import { accuracy, meanLoss } from '../training/sums.ts';

const RATE_WINDOW_MS = 10_000;

export class RunStatus {
  readonly #shape: RunShape;
  readonly #countsCorrect: boolean;
  #step = 0;
  #last: StepSums | undefined;
  /** Samples of steps and when they were taken, of the window alone. */
  readonly #taken: { readonly atMs: number; readonly samples: number }[] = [];

  constructor(shape: RunShape, { countsCorrect }: { readonly countsCorrect: boolean }) {
    this.#shape = shape;
    this.#countsCorrect = countsCorrect;
  }

  /** Steps taken. */
  get step(): number {
    return this.#step;
  }

  /** Steps were taken that led to version `at`. */
  took(at: number, sums: readonly StepSums[], nowMs: number): void {
    this.#step = at;
    if (sums.length === 0) return;
    this.#last = sums.at(-1);
    this.#taken.push({ atMs: nowMs, samples: sums.reduce((total, { samples }) => total + samples, 0) });
    this.#forget(nowMs);
  }

  /** All of a status but the fleet. */
  at(nowMs: number): Omit<Status, 'type' | 'browsers' | 'machines' | 'localThreads'> {
    const perEpoch = stepsPerEpoch(this.#shape.samples, this.#shape.batchSize);
    const epoch = Math.min(Math.floor(this.#step / perEpoch), this.#shape.epochs - 1) + 1;
    return {
      epoch,
      step: this.#step,
      ...(this.#last !== undefined && { loss: meanLoss(this.#last) }),
      ...(this.#last !== undefined && this.#countsCorrect && { accuracy: accuracy(this.#last) }),
      samplesPerSecond: this.#rate(nowMs),
    };
  }

  #rate(nowMs: number): number {
    this.#forget(nowMs);
    const [first] = this.#taken;
    const [before, last] = this.#taken.slice(-2);
    if (first === undefined || before === undefined || last === undefined) return 0;
    // A wait no longer than the one before tells nothing: else the rate would fall between long steps.
    const untilMs = Math.max(last.atMs, nowMs - (last.atMs - before.atMs));
    if (untilMs <= first.atMs) return 0;
    // What the first one tells lies before its time.
    const samples = this.#taken.reduce((total, taken) => total + taken.samples, -first.samples);
    return Math.round((samples * 1000) / (untilMs - first.atMs));
  }

  #forget(nowMs: number): void {
    const from = this.#taken.findIndex(({ atMs }) => atMs >= nowMs - RATE_WINDOW_MS);
    const old = from < 0 ? this.#taken.length : from;
    // Two there are in any case: steps may take longer than the window.
    this.#taken.splice(0, Math.min(old, Math.max(0, this.#taken.length - 2)));
  }
}
