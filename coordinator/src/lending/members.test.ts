import type { Hello } from '@hivegrad/shared/protocol/messages';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../server/ports.ts';
import { Members } from './members.ts';
import { SentRows } from './sent-rows.ts';

const open = (identitiesMax = 10) =>
  new Members({ rows: new SentRows({ samples: 8, rowBytes: 1, cachesMax: 8 }), identitiesMax });
/** Members compare connections and never call them. */
const line = () => ({}) as Connection;
const hello = (identity?: string): Hello => ({
  type: 'hello',
  protocol: 1,
  kernels: '',
  answer: '',
  agent: 'browser',
  threads: 2,
  cacheId: 'c',
  rowBytesMax: 8,
  ...(identity !== undefined && { identity }),
});

describe('a worker', () => {
  it('has a number of its own and a secret that nobody could guess', () => {
    const members = open();
    const [a, b] = [members.welcome(line(), hello()), members.welcome(line(), hello())];
    expect([a.member.worker, b.member.worker]).toEqual([1, 2]);
    expect(a.identity).toMatch(/^[0-9a-f]{64}$/);
    expect(a.identity).not.toBe(b.identity);
    expect(members.count('browser')).toBe(2);
    expect(members.count('node')).toBe(0);
  });

  it('is the same again when it shows its secret, and its older connection is nobody', () => {
    const members = open();
    const [older, newer] = [line(), line()];
    const first = members.welcome(older, hello());
    const again = members.welcome(newer, hello(first.identity));
    expect(again).toMatchObject({ identity: first.identity, replaced: older });
    expect(again.member.worker).toBe(1);
    expect(members.on(older)).toBeUndefined();
    // The end of the older connection does not take the worker away.
    expect(members.leave(older)).toBeUndefined();
    expect(members.of(1)?.connection).toBe(newer);
    expect(members.leave(newer)?.worker).toBe(1);
    expect([members.of(1), members.size]).toEqual([undefined, 0]);
  });

  it('is known by its secret after it left, and not by one that was never given out', () => {
    const members = open();
    const connection = line();
    const { identity } = members.welcome(connection, hello());
    members.leave(connection);
    expect(members.known(hello(identity))).toBe(1);
    expect(members.known(hello('0'.repeat(64)))).toBeUndefined();
    expect(members.known(hello())).toBeUndefined();
    expect(members.welcome(line(), hello('0'.repeat(64)))).toMatchObject({ member: { worker: 2 } });
  });

  it('is forgotten when too many came after it left, but never while it is here', () => {
    const members = open(2);
    const gone = line();
    const stays = members.welcome(line(), hello());
    const left = members.welcome(gone, hello());
    members.leave(gone);
    members.welcome(line(), hello());
    expect(members.known(hello(left.identity))).toBeUndefined();
    members.welcome(line(), hello());
    expect(members.known(hello(stays.identity))).toBe(1);
  });
});
