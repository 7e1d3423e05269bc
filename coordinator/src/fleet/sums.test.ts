import type { Node } from '@hivegrad/shared/reduce/tree';
import { describe, expect, it } from 'vitest';
import type { FleetCommand } from './events.ts';
import { takeSum } from './handles.ts';
import { at, Play } from './play.test.support.ts';
import type { Context } from './state.ts';
import { place, revoke } from './sums.ts';
import { keyOf, nodeOf } from './tree.ts';

/** A round of eight shards; handles count from 0. */
function roundOfEight(sparesMax = 16) {
  const play = new Play({ sparesMax });
  play.begin(0, 8);
  const commands: FleetCommand[] = [];
  const round = play.fleet.round!;
  const context: Context = { fleet: play.fleet, round, commands, nowMs: 0 };
  let handle = 0;
  const put = (worker: number, node: Node) =>
    place(context, takeSum(context, keyOf(round.tree, node)!, { worker, handle: handle++ }));
  const cover = () =>
    [...round.cover.values()].map(({ key, handle: of }) => {
      const { level, index } = nodeOf(round.tree, key);
      return `${level}/${index} #${of}`;
    });
  return { context, round, commands, put, cover };
}

describe('sums of a round', () => {
  it('under a node that is known are kept, and compared with it once they make it up', () => {
    const { round, commands, put, cover } = roundOfEight();
    expect(put(1, at(2, 0))).toBe('cover');
    expect(put(2, at(0, 0))).toBe('spare');
    expect(put(3, at(1, 1))).toBe('spare');
    commands.length = 0;
    expect(put(2, at(0, 1))).toBe('spare');
    expect(commands).toEqual([
      {
        type: 'compare',
        check: 0,
        step: 0,
        node: at(2, 0),
        left: [{ node: at(2, 0), handle: 0 }],
        right: [
          { node: at(0, 0), handle: 1 },
          { node: at(0, 1), handle: 3 },
          { node: at(1, 1), handle: 2 },
        ],
      },
    ]);
    expect(cover()).toEqual(['2/0 #0']);
    expect(round.spares.size).toBe(0);
  });

  it('that are known in pieces already are compared with the pieces', () => {
    const { commands, put, cover } = roundOfEight();
    put(1, at(0, 0));
    put(1, at(0, 1));
    commands.length = 0;
    expect(put(2, at(1, 0))).toBe('compared');
    expect(commands[0]).toMatchObject({ type: 'compare', node: at(1, 0), left: [{ handle: 2 }] });
    expect(cover()).toEqual(['0/0 #0', '0/1 #1']);
  });

  it('of a liar leave the step, and the highest of what others know of it take their place', () => {
    const { context, round, commands, put, cover } = roundOfEight();
    put(1, at(0, 0));
    put(2, at(1, 0));
    put(3, at(2, 0));
    put(3, at(0, 4));
    expect(cover()).toEqual(['2/0 #2', '0/4 #3']);
    commands.length = 0;
    revoke(context, 3);
    expect(cover()).toEqual(['1/0 #1']);
    expect([...round.spares.values()].map(({ handle }) => handle)).toEqual([0]);
    expect(commands).toEqual([
      { type: 'release', handle: 2 },
      { type: 'release', handle: 3 },
      { type: 'accept', step: 0, node: at(1, 0), handle: 1, worker: 2 },
    ]);
    expect([round.doneUnits, round.freeUnits]).toEqual([2, 6]);
  });

  it('that the step can do without are released at once when there are too many', () => {
    const { round, put } = roundOfEight(1);
    put(1, at(2, 0));
    expect([put(2, at(0, 0)), put(2, at(0, 1))]).toEqual(['spare', 'released']);
    expect(round.handles).toBe(2);
  });
});
