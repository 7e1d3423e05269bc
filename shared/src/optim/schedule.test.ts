import { describe, expect, it } from 'vitest';
import { learningRateAt } from './schedule.ts';
import type { ScheduleSpec } from './spec.ts';

const base = 0.1;
const steps = Array.from({ length: 1200 }, (_, step) => step);

function expectRates(schedule: ScheduleSpec, expected: (step: number) => number): void {
  for (const step of steps) {
    const rate = learningRateAt(base, schedule, step);
    const truth = expected(step);
    const error = Math.abs(rate - truth);
    expect(error, `step ${step}: ${rate} instead of ${truth}`).toBeLessThanOrEqual(1e-12 * Math.abs(truth));
  }
}

describe('warm-up', () => {
  it('rises linearly and reaches exactly the base rate in its last step', () => {
    const schedule: ScheduleSpec = { type: 'constant', warmupSteps: 7 };
    for (let step = 0; step < 7; step++) {
      expect(learningRateAt(base, schedule, step)).toBeCloseTo((base * (step + 1)) / 7, 15);
    }
    for (let warmupSteps = 1; warmupSteps <= 1000; warmupSteps++) {
      expect(learningRateAt(base, { type: 'constant', warmupSteps }, warmupSteps - 1)).toBe(base);
    }
  });

  it('comes before every schedule, which then begins at the base rate', () => {
    const warmupSteps = 10;
    const schedules: ScheduleSpec[] = [
      { type: 'constant', warmupSteps },
      { type: 'step', warmupSteps, everySteps: 3, factor: 0.5 },
      { type: 'exponential', warmupSteps, everySteps: 3, factor: 0.5 },
      { type: 'cosine', warmupSteps, totalSteps: 30, finalFraction: 0.1 },
    ];
    for (const schedule of schedules) {
      const rates = [0, 4, 9, 10].map((step) => learningRateAt(base, schedule, step));
      expect(rates, schedule.type).toEqual([base * 0.1, base * 0.5, base, base]);
      const later = { ...schedule, warmupSteps: 0 };
      if (later.type === 'cosine') continue;
      for (const step of [10, 12, 13, 29]) {
        expect(learningRateAt(base, schedule, step)).toBe(learningRateAt(base, later, step - warmupSteps));
      }
    }
  });
});

describe('constant', () => {
  it('is the base rate in every step', () => {
    for (const step of steps) {
      expect(learningRateAt(base, { type: 'constant', warmupSteps: 0 }, step)).toBe(base);
    }
  });
});

describe('step', () => {
  it('multiplies by the factor at once, exactly where the factor is a power of two', () => {
    const schedule: ScheduleSpec = { type: 'step', warmupSteps: 0, everySteps: 100, factor: 0.5 };
    for (const [step, rate] of [
      [0, base],
      [99, base],
      [100, base / 2],
      [199, base / 2],
      [200, base / 4],
      [1000, base / 1024],
    ] as const) {
      expect(learningRateAt(base, schedule, step)).toBe(rate);
    }
  });

  it('is base factor^floor(s / n), what multiplying the last rate in every n-th step comes to', () => {
    for (const [everySteps, factor] of [
      [30, 0.1],
      [7, 0.97],
      [1, 0.999],
    ] as const) {
      const schedule: ScheduleSpec = { type: 'step', warmupSteps: 0, everySteps, factor };
      // The closed form, and the recurrence that trainers with a state follow.
      expectRates(schedule, (step) => base * factor ** Math.floor(step / everySteps));
      let rate = base;
      expectRates(schedule, (step) => {
        if (step > 0 && step % everySteps === 0) rate *= factor;
        return rate;
      });
    }
  });
});

describe('exponential', () => {
  it('is base factor^(s / n), which with n = 1 is the last rate times the factor', () => {
    for (const [everySteps, factor] of [
      [100, 0.5],
      [1, 0.99],
      [937.5, 0.96],
      [50, 1.02],
      [10, 1],
    ] as const) {
      const schedule: ScheduleSpec = { type: 'exponential', warmupSteps: 0, everySteps, factor };
      expectRates(schedule, (step) => base * factor ** (step / everySteps));
    }
    let rate = base / 0.99;
    expectRates({ type: 'exponential', warmupSteps: 0, everySteps: 1, factor: 0.99 }, () => (rate *= 0.99));
  });

  it('begins exactly at the base rate and meets the steps of the same factor at their edges', () => {
    const smooth: ScheduleSpec = { type: 'exponential', warmupSteps: 0, everySteps: 20, factor: 0.8 };
    expect(learningRateAt(base, smooth, 0)).toBe(base);
    for (let edge = 0; edge <= 200; edge += 20) {
      const stepped = learningRateAt(base, { ...smooth, type: 'step' }, edge);
      expect(Math.abs(learningRateAt(base, smooth, edge) / stepped - 1)).toBeLessThanOrEqual(1e-14);
    }
  });
});

describe('cosine', () => {
  it('is the lowest rate plus (base - lowest) (1 + cos(pi s / total)) / 2', () => {
    for (const finalFraction of [0.001, 0.1, 0.5]) {
      const lowest = base * finalFraction;
      const schedule: ScheduleSpec = { type: 'cosine', warmupSteps: 0, totalSteps: 1199, finalFraction };
      expectRates(
        schedule,
        (step) => lowest + ((base - lowest) * (1 + Math.cos((Math.PI * step) / 1199))) / 2,
      );
    }
  });

  it('obeys the recurrence from one rate to the next, of which it is the closed form', () => {
    const [total, lowest] = [1000, 0.02];
    const schedule: ScheduleSpec = { type: 'cosine', warmupSteps: 0, totalSteps: total, finalFraction: 0.2 };
    const raised = (step: number) => 1 + Math.cos((Math.PI * step) / total);
    for (let step = 1; step < total; step++) {
      const last = learningRateAt(base, schedule, step - 1);
      const next = lowest + (raised(step) / raised(step - 1)) * (last - lowest);
      expect(Math.abs(learningRateAt(base, schedule, step) / next - 1)).toBeLessThanOrEqual(1e-10);
    }
  });

  it('has exact ends: the base rate, half way between, the final fraction, and that for ever after', () => {
    for (const finalFraction of [0, 1e-9, 0.1, 0.25, 0.3, 0.7, 1]) {
      for (const warmupSteps of [0, 5]) {
        const schedule: ScheduleSpec = { type: 'cosine', warmupSteps, totalSteps: 105, finalFraction };
        expect(learningRateAt(base, schedule, warmupSteps)).toBe(base);
        for (const step of [105, 106, 100_000]) {
          expect(learningRateAt(base, schedule, step)).toBe(base * finalFraction);
        }
      }
    }
    const half: ScheduleSpec = { type: 'cosine', warmupSteps: 20, totalSteps: 120, finalFraction: 0 };
    expect(learningRateAt(base, half, 70)).toBeCloseTo(base / 2, 16);
  });

  it('falls in one step where the warm-up leaves none', () => {
    const schedule: ScheduleSpec = { type: 'cosine', warmupSteps: 10, totalSteps: 10, finalFraction: 0.1 };
    expect([9, 10, 11].map((step) => learningRateAt(1, schedule, step))).toEqual([1, 1, 0.1]);
  });
});
