import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { NodeAddress, PauseReason, Result, ServerMessage } from '../protocol/messages.ts';
import { exampleShape } from '../protocol/protocol.test.support.ts';
import { gradientOf, nameOf } from './fakes.test.support.ts';
import { isEnd } from './machine.ts';
import {
  assignOf,
  bareAssignOf,
  createWorld,
  exampleWelcome,
  identityOf,
  type World,
  weightsOf,
} from './world.test.support.ts';

/*
 * A worker among a run, a line, an engine and a person that all do what they like. The world of the test throws where
 * the worker breaks the protocol or the contract of a port; what is checked here besides is what results hold, that
 * nothing is left behind at an end, and that a worker that is told that the run is over believes it.
 */

/** A node of a step of 15: two shards of two samples each, and one in every third step. */
function nodeOf(step: number, pick: number): NodeAddress & { samples: number } {
  const nodes = [
    { step, level: 0, index: 0, samples: 2 },
    { step, level: 0, index: 1, samples: 2 },
    { step, level: 1, index: 0, samples: 4 },
  ];
  return nodes[step % 3 === 2 ? 0 : pick % 3]!;
}

const reasons: readonly PauseReason[] = ['user', 'hidden', 'battery', 'saver'];
/** What moves a run on, and what disturbs it. */
const work = [
  'open',
  'welcome',
  'weights',
  'assign',
  'assign',
  'assign',
  'assignBare',
  'settle',
  'settle',
  'settle',
  'pass',
] as const;
const trouble = [
  'assignOdd',
  'cancel',
  'status',
  'drain',
  'refuse',
  'stopped',
  'garbage',
  'cut',
  'abort',
  'notFinite',
  'buffered',
  'passLong',
  'pause',
  'resume',
  'resume',
  'threads',
  'intensity',
  'finish',
  'stop',
  'start',
  'start',
] as const;
type Action = (typeof work)[number] | (typeof trouble)[number];

/** One thing happens, if it can; `pick` decides which of several. */
function act(world: World, action: Action, pick: number): void {
  const { peer, engine, clock } = world;
  const line = world.lines.at(-1);
  const isUp = line?.isOpen === true && line.closedWith === undefined && line.state !== 'over';
  const isGreeted = isUp && (line.state === 'greeted' || line.state === 'finishing');
  const tell = (message: ServerMessage) => {
    if (isGreeted) line.tell(message);
  };
  const { samples, ...node } = nodeOf(Math.max(0, line?.version ?? 0), pick);
  switch (action) {
    case 'open':
      if (line !== undefined && !line.isOpen && line.state !== 'over' && line.closedWith === undefined)
        line.open();
      break;
    case 'welcome':
      if (isUp && line.state === 'helloSent') {
        // Most runs know the worker; some give another number, and some are others.
        const identity = pick % 4 === 0 ? identityOf(pick) : (world.secrets.identity ?? identityOf(1));
        line.tell({ ...exampleWelcome, identity, seed: pick % 5 === 0 ? pick : 7 });
        if (pick % 2 === 0) line.tell(weightsOf(++line.version));
      }
      break;
    case 'weights':
      if (isGreeted && line.version < 14) tell(weightsOf(++line.version));
      break;
    case 'assign':
      if (isGreeted && line.version < 0) tell(weightsOf(++line.version));
      tell(assignOf(node, samples));
      break;
    case 'assignOdd': {
      // Of a step that is over, or of one whose weights did not come yet.
      const { samples: count, ...odd } = nodeOf(pick % 15, pick);
      tell(assignOf(odd, count));
      break;
    }
    case 'assignBare':
      tell(bareAssignOf(node));
      break;
    case 'cancel':
      tell({ type: 'cancel', ...node });
      break;
    case 'status':
      tell({ type: 'standing', nodes: 1, samples: 2, waiting: 'noNode' });
      break;
    case 'drain':
      if (pick % 3 === 0) tell(pick % 2 === 0 ? { type: 'drain', retryMs: 100 } : { type: 'drain' });
      break;
    case 'refuse': {
      const codes = [501, 307, 305, 306, 999];
      const code = codes[pick % codes.length]!;
      if (isUp) line.tell({ type: 'refuse', code, name: 'NAME', sentence: 'No.', retryMs: pick });
      break;
    }
    case 'stopped':
      tell({ type: 'done', reason: 'stopped', version: 1 });
      break;
    case 'garbage':
      if (isUp) line.events.message(new Uint8Array([9, 0, 0, 0, pick & 255]));
      break;
    case 'cut':
      if (line !== undefined && line.state !== 'over') line.cut(pick % 3 === 0 ? 4501 : 1006);
      break;
    case 'settle':
      if (engine.held.length > 0) engine.settle(pick % engine.held.length);
      break;
    case 'abort': {
      const at = engine.held.findIndex(({ aborted }) => aborted);
      if (at >= 0) engine.settle(at, 'aborted');
      break;
    }
    case 'notFinite':
      if (engine.held.length > 0) engine.settle(pick % engine.held.length, 'notFinite');
      break;
    case 'buffered':
      if (line !== undefined) line.bufferedBytes = pick % 2 === 0 ? 0 : 10_000_000;
      break;
    case 'pass':
      clock.advance(pick);
      break;
    case 'passLong':
      clock.advance(pick * 100);
      break;
    case 'pause':
      peer.pause(reasons[pick % 4]!);
      break;
    case 'resume':
      peer.resume(reasons[pick % 4]!);
      break;
    case 'threads':
      peer.setThreads(1 + (pick % 8));
      break;
    case 'intensity':
      peer.setIntensity((pick % 11) / 10);
      break;
    case 'finish':
      if (pick % 4 === 0) peer.finish();
      break;
    case 'stop':
      if (pick % 4 === 0) peer.stop();
      break;
    case 'start':
      peer.start();
      break;
  }
}

/** What holds at all times. */
function check(world: World): void {
  const { lines, clock, engine, peer } = world;
  for (const line of lines) {
    expect(line.sent.filter(({ type }) => type === 'hello').length).toBeLessThanOrEqual(1);
  }
  const { phase, problem } = peer.view();
  // The engine of the test never fails by itself: it says so where its contract is broken.
  expect([phase, problem]).not.toEqual(['failed', problem]);
  if (phase !== 'idle' && !isEnd(phase as 'done')) return;
  expect(clock.waiting()).toBe(0);
  expect(engine.open).toBe(0);
}

/** Every result has the bytes of its node under the weights of its step. */
function checkResults({ lines }: World): void {
  const results = lines.flatMap(({ sent }) =>
    sent.filter((message): message is Result => message.type === 'result'),
  );
  for (const { body, ...node } of results) {
    expect([nameOf(node), [...body]]).toEqual([
      nameOf(node),
      [...gradientOf(node, node.step, exampleShape.parameters)],
    ]);
  }
}

/** Whatever happened before, the worker comes to the run again and hears that it is over. */
async function endsWhenTold(world: World): Promise<void> {
  const { peer, clock } = world;
  for (let attempt = 0; attempt < 6 && !isEnd(peer.view().phase as 'done'); attempt++) {
    const line = world.lines.at(-1);
    if (line === undefined || line.closedWith !== undefined || line.state === 'over') clock.advance(200_000);
    await world.settle();
    const next = world.line();
    if (!next.isOpen) next.open();
    if (next.state === 'helloSent') next.tell(exampleWelcome);
    if (next.state === 'greeted' || next.state === 'finishing') {
      next.tell({ type: 'done', reason: 'finished', version: 9 });
    }
    await world.settle();
  }
  expect(isEnd(peer.view().phase as 'done')).toBe(true);
  expect([clock.waiting(), world.engine.open]).toEqual([0, 0]);
}

const action = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Action>(...work) },
  { weight: 1, arbitrary: fc.constantFrom<Action>(...trouble) },
);
const story = fc.array(fc.tuple(action, fc.nat(1000)), { minLength: 20, maxLength: 150 });

it('keeps to the protocol whatever the run, the line, the engine and the person do', async () => {
  const seen = { results: 0, missing: 0, reconnects: 0 };
  const play = async (lanes: number, rowBytesMax: number, acts: [Action, number][]) => {
    const world = createWorld({ lanes, rowBytesMax });
    world.peer.start();
    await world.settle();
    await world.join();
    for (const [what, pick] of acts) {
      act(world, what, pick);
      await world.settle();
      check(world);
    }
    checkResults(world);
    await endsWhenTold(world);
    const sent = world.lines.flatMap((line) => line.sent);
    seen.results += sent.filter(({ type }) => type === 'result').length;
    seen.missing += sent.filter(({ type }) => type === 'missing').length;
    seen.reconnects += world.lines.length - 1;
  };
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.constantFrom(0, 20, 1000), story, play),
    {
      seed: 20_240_611,
      numRuns: 300,
    },
  );
  // The walk gets somewhere.
  expect(seen.results).toBeGreaterThan(500);
  expect(seen.missing).toBeGreaterThan(100);
  expect(seen.reconnects).toBeGreaterThan(300);
}, 30_000);
