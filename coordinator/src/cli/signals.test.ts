import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { SignalSource } from './signals.ts';
import { stopOnSignals } from './signals.ts';

/** A process whose exit ends what runs in it, as the real one's does. */
function fakeProcess() {
  const exits: number[] = [];
  const events = new EventEmitter();
  const source: SignalSource = {
    on: (signal, listener) => events.on(signal, listener),
    exit: (code) => {
      exits.push(code);
      throw new Error('exited');
    },
  };
  const said: string[] = [];
  const stop = stopOnSignals(source, (sentence) => said.push(sentence));
  return { stop, said, exits, raise: (signal: 'SIGINT' | 'SIGTERM') => events.emit(signal) };
}

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  it('first asks for a stop and says what happens', () => {
    const { stop, said, exits, raise } = fakeProcess();
    expect(stop.aborted).toBe(false);
    raise(signal);
    expect(stop.aborted).toBe(true);
    expect(said).toEqual([
      'Stopping after the step under way; a checkpoint is written. Once more ends at once.',
    ]);
    expect(exits).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('and then %s ends the process at once with 130', (second) => {
    const { said, exits, raise } = fakeProcess();
    raise(signal);
    expect(() => raise(second)).toThrow('exited');
    expect(exits).toEqual([130]);
    expect(said).toHaveLength(1);
  });
});

it('aborts its signal for those that already listen', () => {
  const { stop, raise } = fakeProcess();
  let heard = 0;
  stop.addEventListener('abort', () => heard++);
  raise('SIGTERM');
  expect(heard).toBe(1);
});
