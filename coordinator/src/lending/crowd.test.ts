import type { Hello, Missing, Result, ServerMessage } from '@hivegrad/shared/protocol/messages';
import { beforeEach, describe, expect, it } from 'vitest';
import { createFleet } from '../fleet/state.ts';
import type { Connection } from '../server/ports.ts';
import { hello, shape, welcome } from '../server/server.test.support.ts';
import { Crowd } from './crowd.ts';
import { Members } from './members.ts';
import { SentRows } from './sent-rows.ts';
import { fleetOptions } from './settings.ts';

const node = { level: 1, index: 0 };
const result: Omit<Result, 'step'> = {
  type: 'result',
  ...node,
  lossBits: 0,
  correct: 0,
  computeUs: 1,
  body: new Uint8Array(32),
};
const missing: Omit<Missing, 'step'> = { type: 'missing', ...node, rows: 1, body: Uint8Array.of(1) };

/** A worker that was welcomed, in a run whose step 3 is under way, and what became of what it said. */
class Rig {
  readonly told: string[] = [];
  /** The secret that it was told. */
  identity = '';
  readonly #connection: Connection;
  readonly #crowd: Crowd;

  constructor() {
    const said = (what: string) => () => void this.told.push(what);
    const sent = (message: ServerMessage) => {
      if (message.type === 'welcome') this.identity = message.identity;
      return true;
    };
    this.#connection = {
      id: 1,
      address: '',
      isOpen: true,
      bufferedBytes: 0,
      send: sent,
      sendFrame: () => true,
      uncount: said('uncount'),
      fail: said('fail'),
      refuse: said('refuse'),
      close: said('close'),
    };
    this.#crowd = new Crowd({
      welcome,
      trust: 'volunteer',
      members: new Members({
        rows: new SentRows({ samples: 10, rowBytes: 7, cachesMax: 1 }),
        identitiesMax: 1,
      }),
      assignments: { frameOf: () => new Uint8Array(), forget: said('forget') },
      weights: () => new Uint8Array(32),
      steps: () => ({
        fleet: createFleet(fleetOptions(shape, { port: 0 }, 1)),
        roundStep: 3,
        dispatch: ({ type }) => void this.told.push(type),
        take: () => 'taken',
      }),
      onNotice: () => {},
    });
    this.comes({}, false);
    this.told.length = 0;
  }

  /** On the same connection, which is all the same to the crowd. */
  comes(more: Partial<Hello>, isFull: boolean) {
    return this.#crowd.onHello(this.#connection, { ...hello, ...more }, isFull);
  }

  give(step: number): void {
    this.#crowd.assign({ type: 'assign', worker: 1, step, node, leaseMs: 1 });
  }

  hears(message: Result | Missing): void {
    this.#crowd.onMessage(this.#connection, message);
  }
}

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});

describe('an answer to a node that was given', () => {
  it('counts as no flood, once', () => {
    rig.give(3);
    for (let i = 0; i < 3; i++) rig.hears({ ...result, step: 3 });
    expect(rig.told).toEqual(['uncount']);
  });

  it('that rows are missing is believed, of the step under way alone', () => {
    for (const step of [2, 3]) rig.give(step);
    rig.hears({ ...missing, step: 3 });
    expect(rig.told).toEqual(['forget', 'missing']);
    rig.hears({ ...missing, step: 2 });
    expect(rig.told).toEqual(['forget', 'missing', 'missing']);
  });
});

describe('an answer to a node that was never given', () => {
  it('counts, and that rows are missing is looked up nowhere: another epoch costs a shuffle', () => {
    rig.hears({ ...result, step: 3 });
    for (const step of [3, 9]) rig.hears({ ...missing, step });
    expect(rig.told).toEqual(['missing', 'missing']);
  });
});

it('Where the run is full there is room for who takes its own place, and for no secret that nobody has', () => {
  expect(rig.comes({ identity: '7'.repeat(64) }, true)).toEqual({ code: 'RUN_FULL' });
  expect(rig.told).toEqual([]);
  expect(rig.comes({ identity: rig.identity }, true)).toBe('accept');
  expect(rig.told).toEqual(['refuse', 'joined']);
});
