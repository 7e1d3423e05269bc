/**
 * The engine of a worker behind the machine's commands: prepares it, opens a session for each run, gathers the rows of
 * a node when it is its turn, and tells what became of it. What belongs to a session that was given up is not told.
 */

import type { Assign, Welcome } from '../protocol/messages.ts';
import type { PeerCommand, PeerEvent } from './events.ts';
import type { Compute, ComputeSession, Outcome, RowCache } from './ports.ts';
import type { NodeRowsOf } from './rows.ts';
import { openRows } from './rows.ts';

export type SessionCommand = Extract<
  PeerCommand,
  { type: 'prepare' | 'openRun' | 'closeRun' | 'setWeights' | 'compute' | 'abort' }
>;

export interface Sessions {
  obey(command: SessionCommand): void;
  /** Puts the rows of an assignment away and tells what is left to say of it. */
  accept(assign: Assign): PeerEvent;
}

interface Session {
  readonly rows: NodeRowsOf;
  readonly opened: Promise<ComputeSession>;
}

export interface SessionsOptions {
  readonly compute: Compute;
  readonly cache: RowCache;
  readonly tell: (event: PeerEvent) => void;
}

export function openSessions({ compute, cache, tell }: SessionsOptions): Sessions {
  let session: Session | undefined;
  const failed = (error: unknown): PeerEvent => ({ type: 'failed', sentence: sentenceOf(error) });

  const prepare = (): void => {
    compute.prepare().then(
      (engine) => tell({ type: 'prepared', engine }),
      (error: unknown) => tell(failed(error)),
    );
  };
  const close = (): void => {
    session?.opened.then((opened) => opened.close()).catch(() => {});
    session = undefined;
  };
  const open = (run: Welcome): void => {
    close();
    try {
      cache.open(run, run.dataset);
      session = { rows: openRows(run, cache), opened: compute.open(run) };
    } catch (error) {
      tell(failed(error));
    }
  };
  /** Does something in the present session when it is open; calls keep their order. */
  const within = (task: (opened: ComputeSession) => void): void => {
    const current = session;
    current?.opened
      .then((opened) => {
        if (session === current) task(opened);
      })
      .catch((error: unknown) => {
        if (session === current) tell(failed(error));
      });
  };
  const computeNode = ({ node, version, extra }: Extract<SessionCommand, { type: 'compute' }>): void => {
    const current = session;
    const tellIfCurrent = (event: PeerEvent) => {
      if (session === current) tell(event);
    };
    current?.opened
      .then(async (opened): Promise<Outcome> => {
        if (session !== current) return { kind: 'aborted' };
        return opened.compute({ node, version, ...current.rows.gather(node, extra) });
      })
      .then(
        (outcome) => tellIfCurrent({ type: 'settled', node, outcome }),
        (error: unknown) => tellIfCurrent(failed(error)),
      );
  };

  return {
    accept(assign) {
      if (session === undefined) return { type: 'received', message: assign, samples: 0 };
      try {
        return { type: 'received', message: assign, ...session.rows.accept(assign) };
      } catch (error) {
        return failed(error);
      }
    },

    obey(command) {
      switch (command.type) {
        case 'prepare':
          prepare();
          return;
        case 'openRun':
          open(command.run);
          // Told even where no node ever comes.
          within(() => {});
          return;
        case 'closeRun':
          close();
          return;
        case 'setWeights': {
          const { version, body, replaces } = command;
          within((opened) => opened.setWeights(version, body, replaces));
          return;
        }
        case 'compute':
          computeNode(command);
          return;
        case 'abort':
          within((opened) => opened.abort(command.node));
          return;
      }
    },
  };
}

function sentenceOf(error: unknown): string {
  if (error instanceof RangeError) {
    return `This machine has too little memory for the run (${error.message}). Close other programs, or leave it to others.`;
  }
  return error instanceof Error ? error.message : 'This machine could not compute for the run.';
}
