import { describe, expect, it } from 'vitest';
import { LEASES_MAX } from '../protocol/limits.ts';
import { WEIGHTS_MS } from './work.ts';
import {
  assignOf,
  bareAssignOf,
  computing,
  createWorld,
  exampleWelcome,
  joined,
  left,
  resultOf,
  right,
  weightsOf,
} from './world.test.support.ts';

describe('a node', () => {
  it('is computed with the rows that came along, and answered', async () => {
    const { world, line, engine, peer } = await joined();
    line.tell(assignOf(left(0), 2));
    await world.settle();
    expect(peer.view()).toMatchObject({ phase: 'working', computing: 1, queued: 0 });
    expect(engine.held[0]!.task).toMatchObject({ node: left(0), version: 0, begin: 0, end: 2 });
    expect(engine.held[0]!.task.rows.features.length).toBe(6);
    engine.settle(0);
    await world.settle();
    expect(line.take()).toEqual([resultOf(left(0))]);
    expect(peer.view()).toMatchObject({
      phase: 'standingBy',
      contribution: { computed: 1, computedSamples: 2, computeMs: 1, accepted: 0 },
    });
  });

  it('waits its turn, and runs beside others where there are lanes', async () => {
    const { world, line, engine } = await joined({ lanes: 2 });
    for (const node of [right(0), left(0), { step: 0, level: 1, index: 0 }]) {
      line.tell(assignOf(node, node.level === 1 ? 4 : 2));
    }
    await world.settle();
    expect(computing(world)).toEqual([right(0), left(0)]);
    engine.settle(1);
    await world.settle();
    expect(computing(world)).toEqual([right(0), { step: 0, level: 1, index: 0 }]);
  });

  it('that is not finite is answered so', async () => {
    const { world, line, engine } = await joined();
    line.tell(assignOf(left(0), 2));
    await world.settle();
    engine.settle(0, 'notFinite');
    await world.settle();
    expect(line.take()).toEqual([{ type: 'notFinite', ...left(0) }]);
  });

  it('given twice is computed once', async () => {
    const { world, line, engine } = await joined();
    for (let i = 0; i < 2; i++) for (const node of [left(0), right(0)]) line.tell(assignOf(node, 2));
    await world.settle();
    for (let i = 0; i < 2; i++) {
      engine.settle(0);
      await world.settle();
    }
    expect(line.take()).toEqual([resultOf(left(0)), resultOf(right(0))]);
    expect(engine.held).toEqual([]);
  });

  it('that is cancelled is neither begun nor answered', async () => {
    const { world, line, engine } = await joined();
    for (const node of [left(0), right(0)]) line.tell(assignOf(node, 2));
    await world.settle();
    line.tell({ type: 'cancel', ...right(0) });
    line.tell({ type: 'cancel', ...left(0) });
    await world.settle();
    expect(engine.held[0]!.aborted).toBe(true);
    engine.settle(0);
    await world.settle();
    expect([line.take(), engine.held]).toEqual([[], []]);
  });

  it(`beyond ${LEASES_MAX} that it holds ends the connection`, async () => {
    const shape = { ...exampleWelcome, samples: 200, batchSize: 200 };
    const world = createWorld();
    const line = await world.join(shape);
    line.tell(weightsOf(0));
    for (let index = 0; index < LEASES_MAX; index++) line.tell(assignOf({ step: 0, level: 0, index }, 2));
    expect(line.closedWith).toBeUndefined();
    line.tell(assignOf({ step: 0, level: 0, index: LEASES_MAX }, 2));
    expect(line.closedWith).toBe(4408);
  });
});

describe('rows', () => {
  it('that are kept need not come again, and others are asked for', async () => {
    const { world, line, engine } = await joined();
    line.tell(bareAssignOf(left(0)));
    expect(line.take()).toEqual([
      { type: 'missing', ...left(0), rows: 2, body: Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0) },
    ]);
    line.tell(assignOf(left(0), 2));
    await world.settle();
    engine.settle(0);
    line.tell(bareAssignOf({ step: 0, level: 1, index: 0 }));
    await world.settle();
    expect(line.take()).toEqual([
      { type: 'missing', step: 0, level: 1, index: 0, rows: 2, body: Uint8Array.of(12, 0, 0, 0, 0, 0, 0, 0) },
      resultOf(left(0)),
    ]);
  });

  it('beyond the cap are used once and asked for again', async () => {
    // A row has 7 bytes, so one is kept.
    const { world, line, engine } = await joined({ rowBytesMax: 13 });
    line.tell(assignOf(left(0), 2));
    await world.settle();
    engine.settle(0);
    await world.settle();
    expect(line.take()).toEqual([resultOf(left(0))]);
    line.tell(bareAssignOf(left(0)));
    expect(line.take()).toEqual([expect.objectContaining({ type: 'missing', rows: 1 })]);
  });

  it('that came while it was paused are kept', async () => {
    const { world, line, peer, engine } = await joined();
    peer.pause('user');
    line.tell(assignOf(left(0), 2));
    peer.resume('user');
    line.tell(bareAssignOf(left(0)));
    await world.settle();
    expect(computing(world)).toEqual([left(0)]);
    expect(engine.held.length).toBe(1);
  });
});

describe('weights', () => {
  it('that come behind their node are waited for, for a while', async () => {
    const { world, line, clock } = await joined();
    line.tell(assignOf(left(1), 2));
    await world.settle();
    expect(computing(world)).toEqual([]);
    line.tell(weightsOf(1));
    await world.settle();
    expect(computing(world)).toEqual([left(1)]);
    line.tell(assignOf(left(2), 2));
    line.tell({ type: 'cancel', ...left(2) });
    for (let ms = 0; ms < 2 * WEIGHTS_MS; ms += 1000) {
      line.tell({ type: 'standing', nodes: 0, samples: 0 });
      clock.advance(1000);
    }
    expect(line.closedWith).toBeUndefined();
  });

  it('that never come end the connection', async () => {
    const { line, clock } = await joined();
    line.tell(assignOf(left(1), 2));
    for (let ms = 0; ms < WEIGHTS_MS; ms += 1000) {
      line.tell({ type: 'standing', nodes: 0, samples: 0 });
      clock.advance(1000);
    }
    expect(line.closedWith).toBe(4407);
  });

  it('never replace those that a running node reads, and skip to the newest', async () => {
    const { world, line, engine } = await joined();
    line.tell(assignOf(left(0), 2));
    for (const version of [1, 2, 3]) line.tell(weightsOf(version));
    for (const step of [1, 2, 3]) line.tell(assignOf(left(step), 2));
    await world.settle();
    // The engine of this test throws where 0 is replaced while it is in use.
    expect(engine.versions).toEqual([0, 1]);
    engine.settle(0);
    await world.settle();
    expect(engine.versions).toEqual([1, 3]);
    expect(computing(world)).toEqual([left(1)]);
    engine.settle(0);
    await world.settle();
    expect(computing(world)).toEqual([left(3)]);
  });
});
