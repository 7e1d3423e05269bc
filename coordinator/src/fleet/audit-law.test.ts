/**
 * What audits promise: an audited lie never enters the weights, and how many lies enter before one is audited follows
 * the geometric law P(n) = (1 - p)^n p with mean (1 - p) / p, however rarely the liar lies.
 */

import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../simulation/random.test.support.ts';
import type { FleetOptions } from './events.ts';
import { Play } from './play.test.support.ts';
import type { Grant } from './state.ts';

const LIAR = 1;
const HONEST = 2;
const LIARS = 1_000;
const RATE = 0.05;
const NEWCOMER_AUDITS = 3;
/** Nobody is honest for longer, or lies for longer without being found. */
const STEPS_MAX = 2_000;
/** A power of two, so that all draws are equally likely. */
const DRAWS = 2 ** 24;

/** Bins of the chi-squared test, of about equal probability, and its 99.9 % quantile for one less degree of freedom. */
const BINS = 20;
const CHI_SQUARED_MAX = 43.82;

/** A fleet with a liar and an honest volunteer, whose answers and checks come in any order. */
class Audited {
  readonly banned: number[] = [];
  private readonly play: Play;
  private readonly random: Random;
  private readonly isLie: (results: number) => boolean;
  private readonly lies = new Set<number>();
  private readonly checks: { check: number; equal: boolean }[] = [];
  private results = 0;

  /** `isLie` is asked at each result of the liar, with how many it gave before. */
  constructor(random: Random, options: Partial<FleetOptions>, isLie: (results: number) => boolean) {
    this.play = new Play(options);
    this.random = random;
    this.isLie = isLie;
    for (const worker of [LIAR, HONEST]) this.play.join(worker, 'volunteer');
  }

  /** Plays a step until it closes. Answers how many lies it consists of, and how many were told in it. */
  step(step: number, shards: number): { accepted: number; told: number } {
    const { play, random, checks, lies } = this;
    lies.clear();
    play.begin(step, shards);
    for (;;) {
      this.note();
      const closed = play.all('close')[0];
      if (closed !== undefined) {
        const accepted = closed.cover.filter(({ handle }) => lies.has(handle)).length;
        return { accepted, told: lies.size };
      }
      // What was tried in a step that is over is answered late.
      const leases = [LIAR, HONEST].flatMap((id) => {
        const worker = play.fleet.workers.get(id)!;
        return worker.owed?.leased ? [worker.owed, ...worker.leases] : worker.leases;
      });
      const choice = random.below(leases.length + checks.length);
      if (choice < leases.length) this.answer(leases[choice]!);
      else {
        const [{ check, equal }] = checks.splice(choice - leases.length, 1) as [(typeof checks)[number]];
        play.checked(check, equal);
      }
    }
  }

  private answer({ worker, node, step }: Grant): void {
    const draw = this.random.below(DRAWS) / DRAWS;
    const handle = this.play.result(worker, node, { draw, step });
    if (step !== this.play.fleet.step) return;
    if (worker === LIAR && this.isLie(this.results++)) this.lies.add(handle);
  }

  /** The lie is known by its handle only after the result was told, so checks look it up when they are noted. */
  private note(): void {
    for (const { check, handle } of this.play.all('audit')) {
      this.checks.push({ check, equal: handle === undefined || !this.lies.has(handle) });
    }
    // Only one of the two lies, so where a lie is compared the bytes differ.
    for (const { check, left, right } of this.play.all('compare')) {
      this.checks.push({ check, equal: ![...left, ...right].some(({ handle }) => this.lies.has(handle)) });
    }
    for (const { worker } of this.play.all('ban')) this.banned.push(worker);
  }
}

/** Lies that entered the weights until the liar was banned, for each of many liars. */
function acceptedLies(rate: number, frequency: number): { counts: number[]; banned: number[] } {
  const banned: number[] = [];
  const counts = Array.from({ length: LIARS }, (_, seed) => {
    const random = createRandom(seed + 1);
    const honestFor = NEWCOMER_AUDITS + random.below(20);
    const options = { newcomerAudits: NEWCOMER_AUDITS, auditRate: rate };
    const isLie = (results: number) => results >= honestFor && random.chance(frequency);
    const fleet = new Audited(random, options, isLie);
    let count = 0;
    // A node for each of the two, so that what is accepted was accepted before the step in which the liar is caught.
    for (let step = 0; !fleet.banned.includes(LIAR); step++) {
      if (step === STEPS_MAX) throw new Error('a liar is never found');
      count += fleet.step(step, 2).accepted;
    }
    banned.push(...fleet.banned);
    return count;
  });
  return { counts, banned };
}

/** How far the counts are from the geometric law with parameter `p`. */
function chiSquared(counts: readonly number[], p: number): number {
  const binOf = (count: number) => Math.min(BINS - 1, Math.floor(BINS * (1 - (1 - p) ** count)));
  const observed = new Array<number>(BINS).fill(0);
  const expected = new Array<number>(BINS).fill(0);
  for (const count of counts) observed[binOf(count)]!++;
  // Beyond this nothing is left that a sum of doubles would notice.
  for (let count = 0; count < 1_000; count++) {
    expected[binOf(count)]! += counts.length * (1 - p) ** count * p;
  }
  return observed.reduce((sum, o, bin) => sum + (o - expected[bin]!) ** 2 / expected[bin]!, 0);
}

describe('liars among volunteers of whom 5 % of the results are audited', () => {
  it.each([1, 0.5])(
    'who lie in a share of %d of their nodes are caught as the geometric law says',
    (frequency) => {
      const { counts, banned } = acceptedLies(RATE, frequency);
      expect(banned).toEqual(counts.map(() => LIAR));
      const mean = counts.reduce((sum, count) => sum + count, 0) / LIARS;
      const standardError = Math.sqrt(1 - RATE) / RATE / Math.sqrt(LIARS);
      expect(Math.abs(mean - (1 - RATE) / RATE)).toBeLessThan(3 * standardError);
      expect(chiSquared(counts, RATE)).toBeLessThan(CHI_SQUARED_MAX);
    },
  );

  it.each([0.04, 0.06])('are told by the same test from those at a rate of %d', (rate) => {
    expect(chiSquared(acceptedLies(rate, 1).counts, RATE)).toBeGreaterThan(CHI_SQUARED_MAX);
  });
});

describe('a liar', () => {
  const SEEDS = 500;

  /** Steps of any size, until and with the one in which a lie was told. */
  function firstLie(seed: number, auditRate: number) {
    const random = createRandom(seed);
    const newcomerAudits = auditRate === 1 ? random.below(3) : 1 + random.below(5);
    const liesFrom = auditRate === 1 ? random.below(40) : random.below(newcomerAudits);
    const fleet = new Audited(random, { newcomerAudits, auditRate }, (results) => results >= liesFrom);
    for (let step = 0; step < STEPS_MAX; step++) {
      const { told, accepted } = fleet.step(step, 1 + random.below(12));
      if (told > 0) return { banned: fleet.banned, accepted };
    }
    throw new Error('the liar told no lie');
  }

  it('in its first results is banned before that step closes, and nothing of it enters', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      expect(firstLie(seed, 0), `seed ${seed}`).toEqual({ banned: [LIAR], accepted: 0 });
    }
  });

  it('at any time, where all results are audited, is banned before that step closes, and nothing of it enters', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      expect(firstLie(seed, 1), `seed ${seed}`).toEqual({ banned: [LIAR], accepted: 0 });
    }
  });
});
