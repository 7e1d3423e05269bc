/**
 * Who is connected as whom. A worker is a number that everybody may know and a secret that only it knows; who shows
 * the secret is that worker again, on a connection that takes the place of the one before. Bound: so many identities
 * are remembered, and of those who are gone the oldest is forgotten first.
 */

import { createHash, randomBytes } from 'node:crypto';
import { IDENTITY_DIGITS } from '@hivegrad/shared/protocol/limits';
import type { Hello } from '@hivegrad/shared/protocol/messages';
import type { Connection } from '../server/ports.ts';
import type { CachedRows, SentRows } from './sent-rows.ts';

/** A worker on its present connection. */
export interface Member {
  /** The worker's public number, counted from 1. */
  readonly worker: number;
  readonly connection: Connection;
  readonly agent: Hello['agent'];
  readonly rows: CachedRows;
  /** The nodes that it was given last and did not answer, by name; an answer to one of them is never an offence. */
  readonly given: Set<string>;
  /** The standing that it was told last, as text, so that the same is not told twice. */
  told: string;
}

export interface Welcomed {
  readonly member: Member;
  readonly identity: string;
  /** The connection whose place it takes. */
  readonly replaced: Connection | undefined;
}

export interface MembersOptions {
  readonly rows: SentRows;
  readonly identitiesMax: number;
}

export class Members {
  readonly #options: MembersOptions;
  readonly #byConnection = new Map<Connection, Member>();
  readonly #byWorker = new Map<number, Member>();
  /** Worker by the hash of its secret, so that how long a look takes tells nothing about secrets. */
  readonly #identities = new Map<string, number>();
  #workers = 0;

  constructor(options: MembersOptions) {
    this.#options = options;
  }

  /** The number of a worker that shows its secret. */
  known({ identity }: Pick<Hello, 'identity'>): number | undefined {
    return identity === undefined ? undefined : this.#identities.get(hash(identity));
  }

  welcome(connection: Connection, hello: Hello): Welcomed {
    const known = this.known(hello);
    const worker = known ?? ++this.#workers;
    const identity = known === undefined ? randomBytes(IDENTITY_DIGITS / 2).toString('hex') : hello.identity!;
    const replaced = this.#byWorker.get(worker)?.connection;
    if (replaced !== undefined) this.#byConnection.delete(replaced);
    const member: Member = {
      worker,
      connection,
      agent: hello.agent,
      rows: this.#options.rows.open(hello.cacheId, hello.rowBytesMax),
      given: new Set(),
      told: '',
    };
    this.#byConnection.set(connection, member);
    this.#byWorker.set(worker, member);
    this.#remember(hash(identity), worker);
    return { member, identity, replaced };
  }

  /** The member on a connection, unless another connection has taken its place. */
  on(connection: Connection): Member | undefined {
    return this.#byConnection.get(connection);
  }

  of(worker: number): Member | undefined {
    return this.#byWorker.get(worker);
  }

  /** Everybody who is connected, in the order of their coming. */
  all(): IterableIterator<Member> {
    return this.#byConnection.values();
  }

  get size(): number {
    return this.#byConnection.size;
  }

  count(agent: Hello['agent']): number {
    let count = 0;
    for (const member of this.#byConnection.values()) if (member.agent === agent) count++;
    return count;
  }

  /** The connection is over. Undefined where it was nobody's any more. */
  leave(connection: Connection): Member | undefined {
    const member = this.#byConnection.get(connection);
    if (member === undefined) return undefined;
    this.#byConnection.delete(connection);
    this.#byWorker.delete(member.worker);
    return member;
  }

  #remember(key: string, worker: number): void {
    // Who came last is forgotten last.
    this.#identities.delete(key);
    this.#identities.set(key, worker);
    if (this.#identities.size <= this.#options.identitiesMax) return;
    for (const [oldest, number] of this.#identities) {
      if (this.#byWorker.has(number)) continue;
      this.#identities.delete(oldest);
      return;
    }
  }
}

function hash(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}
