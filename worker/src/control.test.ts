import { describe, expect, it } from 'vitest';
import type { Control } from './control.ts';
import {
  controlBytes,
  initialiseControl,
  openControl,
  PHASE_COMPUTE,
  PHASE_PARKED,
  PHASE_UPDATE,
  phaseOf,
  THREADS_MAX,
} from './control.ts';

const size = { nodes: 5, slices: 3, threads: 4 };
const train = (from: number, to: number) => ({ kind: 'train', from, to }) as const;

/** A mailbox that is parked at `ticket`, whose lowest two bits are 3. */
function mailbox(ticket = PHASE_PARKED): Control {
  const control = openControl(new SharedArrayBuffer(controlBytes(size)), size);
  initialiseControl(control);
  control.words[0] = ticket;
  return control;
}

/** A mailbox in the first phase of a job. */
function working(ticket?: number): Control {
  const control = mailbox(ticket);
  control.post(train(0, 10));
  return control;
}

const claimAll = (control: Control, tasks: number, owner: number) => {
  const claimed = Array.from({ length: tasks + 1 }, () => control.claim(control.ticket(), tasks, owner, 0));
  return claimed.filter((task) => task >= 0);
};

describe('a claim', () => {
  it('gives each task to one owner, from the first it asks for on and round the end', () => {
    const control = working();
    const ticket = control.ticket();
    expect([0, 1, 2, 3, 4, 5].map((i) => control.claim(ticket, 5, i + 1, 3))).toEqual([3, 4, 0, 1, 2, -1]);
  });

  it('is gone when it is done, and the phase is over when all are', () => {
    const control = working();
    const ticket = control.ticket();
    for (const task of claimAll(control, 5, 1)) {
      expect(control.allDone(ticket, 5)).toBe(false);
      control.done(ticket, task);
      expect(control.claim(ticket, 5, 2, task)).toBe(-1);
    }
    expect(control.allDone(ticket, 5)).toBe(true);
  });

  it('of a compute task and of an update task are two things', () => {
    const control = working();
    const ticket = control.ticket();
    for (const task of claimAll(control, 5, 1)) control.done(ticket, task);
    control.advance(ticket, ticket + 2);
    expect(phaseOf(control.ticket())).toBe(PHASE_UPDATE);
    expect(control.allDone(ticket + 2, 3)).toBe(false);
    expect(claimAll(control, 3, 1)).toEqual([0, 1, 2]);
    expect(control.allDone(ticket, 5)).toBe(true);
  });

  it('cannot be made for a phase that is over by a thread that was late', () => {
    const control = working();
    const late = control.ticket();
    for (const task of claimAll(control, 5, 1)) control.done(late, task);
    control.advance(late, late + 2);
    for (const task of claimAll(control, 3, 1)) control.done(late + 2, task);
    control.advance(late + 2, late + 4);
    expect(control.claim(late, 5, 2, 0)).toBe(-1);
    expect(control.claim(late + 4, 5, 1, 2)).toBe(2);
    expect(control.claim(late, 5, 2, 2)).toBe(-1);
    expect(control.claim(late + 2, 3, 2, 0)).toBe(-1);
  });

  it('cannot be made for an earlier job, even if that left tasks undone', () => {
    const control = working();
    const late = control.ticket();
    control.advance(late, late + 3);
    control.post(train(10, 20));
    expect(control.claim(late, 5, 1, 0)).toBe(-1);
    expect(claimAll(control, 5, 1)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('a job', () => {
  it('is what was posted, from the ticket on that it begins with', () => {
    const control = working();
    expect(control.job()).toEqual({ kind: 'train', from: 0, to: 10 });
    expect(control.jobTicket()).toBe(control.ticket());
    expect(phaseOf(control.ticket())).toBe(PHASE_COMPUTE);
    control.advance(control.ticket(), control.ticket() + 3);
    const job = { kind: 'predict', from: 7, part: 'test', begin: 40, end: 90, half: 1 } as const;
    control.post(job);
    expect(control.job()).toEqual(job);
    expect(control.jobTicket()).toBe(control.ticket());
  });

  it('begins without the hold, the verdict and the claims of the one before', () => {
    const control = working();
    claimAll(control, 5, 1);
    control.hold();
    control.reportNotFinite();
    expect([control.holdRequested(), control.notFinite()]).toEqual([true, true]);
    control.advance(control.ticket(), control.ticket() + 3);
    control.post(train(10, 20));
    expect([control.holdRequested(), control.notFinite()]).toEqual([false, false]);
    expect(control.held()).toEqual([]);
    expect(control.allDone(control.ticket(), 5)).toBe(false);
    expect(claimAll(control, 5, 2)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('advance', () => {
  it('moves the ticket once, whoever is late', () => {
    const control = working();
    const ticket = control.ticket();
    control.advance(ticket, ticket + 1);
    control.advance(ticket, ticket + 1);
    control.advance(ticket, ticket + 3);
    expect(control.ticket()).toBe(ticket + 1);
  });

  it('rings for those that wait and only for them', () => {
    const control = working();
    const silent = control.bell();
    control.advance(control.ticket(), control.ticket() + 1);
    expect(control.bell()).toBe(silent);
    // What `wait` writes while a thread sleeps.
    control.words[17] = 1;
    control.advance(control.ticket(), control.ticket() + 3);
    expect(control.bell()).toBe(silent + 1);
  });
});

describe('release', () => {
  it.each([
    ['compute', 0, 5],
    ['squares', 1, 3],
    ['update', 2, 3],
  ])('frees what a dead owner held in the %s phase and nothing else', (_, phase, tasks) => {
    const control = working();
    control.advance(control.ticket(), control.ticket() + phase);
    const ticket = control.ticket();
    control.done(ticket, control.claim(ticket, tasks, 1, 0));
    control.claim(ticket, tasks, 2, 1);
    control.claim(ticket, tasks, 1, 2);
    const bell = control.bell();
    expect(control.release(1)).toEqual([2]);
    expect(control.bell()).toBe(bell + 1);
    expect(control.release(1)).toEqual([]);
    expect(control.held()).toEqual([{ task: 1, owner: 2 }]);
    expect(control.claim(ticket, tasks, 3, 0)).toBe(2);
    expect(control.release(2)).toEqual([1]);
  });

  it('tells apart the first owner, the last and what is done', () => {
    const control = working();
    const ticket = control.ticket();
    control.claim(ticket, 5, 1, 0);
    control.claim(ticket, 5, THREADS_MAX, 1);
    control.done(ticket, control.claim(ticket, 5, 7, 2));
    expect(control.held()).toEqual([
      { task: 0, owner: 1 },
      { task: 1, owner: THREADS_MAX },
    ]);
    expect(control.release(THREADS_MAX)).toEqual([1]);
    expect(control.release(7)).toEqual([]);
  });
});

// Tickets are 32 bits wide, and 24 of them stand in a claim: both change their sign and wrap in a long run.
describe.each([
  ['the first', PHASE_PARKED],
  ['2^23', 0x7f_ffff - 8],
  ['2^24', 0xff_ffff - 8],
  ['2^31', 0x7fff_ffff - 8],
  ['2^32', -1 - 8],
])('around ticket %s', (_, parked) => {
  it('two hundred steps of three threads take each task of each phase once', () => {
    const control = mailbox(parked);
    let random = 1;
    const pick = (n: number) => {
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
      return (random >>> 8) % n;
    };
    const taken = new Map<string, number>();
    let step = 0;
    let turns = 0;
    for (const to of [1, 3, 10, 200]) {
      control.post(train(step, to));
      while (phaseOf(control.ticket()) !== PHASE_PARKED) {
        expect(turns++).toBeLessThan(10_000);
        const ticket = control.ticket();
        const phase = phaseOf(ticket);
        step = control.job().from + ((ticket - control.jobTicket()) >> 2);
        const tasks = phase === PHASE_COMPUTE ? 5 : 3;
        const owner = 1 + pick(3);
        const task = control.claim(ticket, tasks, owner, pick(tasks));
        if (task >= 0 && pick(10) === 0) {
          expect(control.release(owner)).toEqual([task]);
        } else if (task >= 0) {
          control.done(ticket, task);
          const key = `${phase} ${step} ${task}`;
          taken.set(key, (taken.get(key) ?? 0) + 1);
        } else {
          expect(control.allDone(ticket, tasks)).toBe(true);
          const parks = phase !== PHASE_UPDATE || step + 1 === to;
          control.advance(ticket, ticket + (parks ? 1 : 2));
        }
      }
      step++;
    }
    expect(step).toBe(200);
    expect(taken.size).toBe(200 * (5 + 3 + 3));
    expect([...taken.values()].every((times) => times === 1)).toBe(true);
  });
});

describe('wait', () => {
  it('returns where the ticket moved or the bell rang since they were read', () => {
    const control = working();
    const [ticket, bell] = [control.ticket(), control.bell()];
    control.advance(ticket, ticket + 1);
    control.wait(ticket, bell, 0);
    control.wait(ticket, bell, 10);
    const late = control.bell();
    control.quit();
    expect(control.quitRequested()).toBe(true);
    control.wait(control.ticket(), late, 0);
    control.wait(control.ticket(), late, 10);
    // Nobody waits any more.
    expect(control.words[17]).toBe(0);
  });
});

describe('rest', () => {
  it('returns where the bell rang since it was read, as it does when a thread is lost, a job comes or the pool ends', () => {
    const control = working();
    for (const ring of [() => control.release(9), () => control.quit()]) {
      const bell = control.bell();
      ring();
      expect(control.bell()).not.toBe(bell);
      control.rest(bell);
    }
    const parked = mailbox();
    const bell = parked.bell();
    parked.post(train(0, 1));
    parked.rest(bell);
    expect(parked.bell()).not.toBe(bell);
  });
});

describe('parked', () => {
  it('resolves at once where no job runs', async () => {
    await mailbox().parked();
  });

  it('resolves when the last phase of a job ends, and not before', async () => {
    const control = working();
    let parked = false;
    const wait = control.parked().then(() => {
      parked = true;
    });
    const ticket = control.ticket();
    control.advance(ticket, ticket + 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(parked).toBe(false);
    control.advance(ticket + 1, ticket + 3);
    await wait;
    expect(phaseOf(control.ticket())).toBe(PHASE_PARKED);
  });

  it('waits for the job that was posted, not for the one before', async () => {
    const control = working();
    control.advance(control.ticket(), control.ticket() + 3);
    await control.parked();
    control.post(train(10, 20));
    const wait = control.parked();
    control.advance(control.ticket(), control.ticket() + 3);
    await wait;
    expect(control.job().from).toBe(10);
  });
});
