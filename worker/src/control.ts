/**
 * The mailbox of a pool: a few words in shared memory through which threads hand each other the phases of a step
 * without a trip to the main thread.
 *
 * A **ticket** numbers the phases: of its two lowest bits 0 means compute (nodes of a mini-batch), 1 squares (slices
 * of the mean gradient, where its norm is clipped), 2 update (slices of the parameters), 3 parked (nothing to do until
 * the main thread posts a job). It only grows, and every move is
 * one compare-and-exchange, so whoever finishes last moves it on and a thread that dies in between loses nothing.
 *
 * A **claim** is one word per task, holding the ticket it was last worked on for and who has it. A thread may take a
 * task whose word is older than the ticket, or that was set free again because its holder died. A phase is over
 * when all its tasks are done; nobody counts threads, so a dead one blocks nobody.
 *
 * Invariant: a thread writes a slot or a slice only between its claim and its `done`, and the main thread frees a
 * claim only after its holder has exited.
 */

/** Words of the mailbox; those that many threads poll have a cache line of their own. */
const TICKET = 0;
const BELL = 16;
const WAITERS = 17;
const MAIN_BELL = 32;
const HOLD = 33;
const QUIT = 34;
const NOT_FINITE = 35;
const JOB = 48;
const JOB_TICKET = 55;
const CLAIMS = 64;

export const PHASE_COMPUTE = 0;
export const PHASE_SQUARES = 1;
export const PHASE_UPDATE = 2;
export const PHASE_PARKED = 3;
/** A ticket's phase. */
export function phaseOf(ticket: number): number {
  return ticket & 3;
}

/** The parts of the data, in the order of their numbers in a job. */
export const PARTS = ['train', 'validation', 'test'] as const;
export type Part = (typeof PARTS)[number];

/** What the threads are to do. */
export type Job =
  /** Train the steps [from, to). */
  | { readonly kind: 'train'; readonly from: number; readonly to: number }
  /** Compute the `count` nodes that the list of the round names, under version `from`; `most`: of most of the shards. */
  | { readonly kind: 'nodes'; readonly from: number; readonly count: number; readonly most: boolean }
  /** Close step `from`: add the slots in the order of the round, a SlotOrder of `count` words, and update. */
  | { readonly kind: 'close'; readonly from: number; readonly count: number; readonly depth: number }
  /** Evaluate version `from` of the weights on the samples [begin, end) of a part, or answer them in a half of `answers`. */
  | {
      readonly kind: 'evaluate' | 'predict';
      readonly from: number;
      readonly part: Part;
      readonly begin: number;
      readonly end: number;
      readonly half?: number;
    };

const KINDS = ['train', 'evaluate', 'predict', 'nodes', 'close'] as const;

const FREE = 0;
const DONE = 255;
/** Owners are numbered 1 to 254 in the lowest byte of a claim; the ticket has the other 24 bits. */
export const THREADS_MAX = 254;

export interface ControlSize {
  readonly nodes: number;
  readonly slices: number;
  readonly threads: number;
}

export interface Control {
  readonly words: Int32Array;
  ticket(): number;
  job(): Job;
  /** Ticket at which the present job began. */
  jobTicket(): number;

  // What threads do.
  /** Takes a task of the phase, looking from `first` on; -1 if there is none to take. */
  claim(ticket: number, tasks: number, owner: number, first: number): number;
  done(ticket: number, task: number): void;
  allDone(ticket: number, tasks: number): boolean;
  /** Moves from `ticket` to `next`, unless somebody else did, and wakes whoever waits. */
  advance(ticket: number, next: number): void;
  /** To be read before anything that a thread decides to wait for, so that no ring in between is lost. */
  bell(): number;
  /** Spins briefly, then sleeps, until the ticket moves or the bell rings. */
  wait(ticket: number, bell: number, spins: number): void;
  /** Sleeps until the bell rings, which a move of the ticket alone does not do for those that rest. */
  rest(bell: number): void;
  holdRequested(): boolean;
  quitRequested(): boolean;
  notFinite(): boolean;
  reportNotFinite(): void;

  // What the main thread does.
  /** Starts a job in its first phase, which is to compute unless told otherwise; only while the threads are parked. */
  post(job: Job, phase?: number): void;
  /** Asks for a stop at the end of the step under way. */
  hold(): void;
  quit(): void;
  /** Frees the tasks that a dead owner held and answers their numbers. */
  release(owner: number): number[];
  /** Tasks of the present phase that are being worked on, with their owners. */
  held(): { task: number; owner: number }[];
  /** Resolves when the threads are parked. */
  parked(): Promise<void>;
}

export function controlBytes({ nodes, slices }: ControlSize): number {
  return 4 * (CLAIMS + 16 * Math.ceil(nodes / 16) + slices);
}

export function openControl(buffer: SharedArrayBuffer, size: ControlSize): Control {
  const words = new Int32Array(buffer);
  const sliceClaims = CLAIMS + 16 * Math.ceil(size.nodes / 16);
  const claims = (ticket: number) => (phaseOf(ticket) === PHASE_COMPUTE ? CLAIMS : sliceClaims);
  const claimsLength = (ticket: number) => (phaseOf(ticket) === PHASE_COMPUTE ? size.nodes : size.slices);
  const ticketNow = () => Atomics.load(words, TICKET);

  const ring = () => {
    Atomics.add(words, BELL, 1);
    Atomics.notify(words, BELL);
  };

  return {
    words,
    ticket: ticketNow,
    job() {
      const kind = KINDS[words[JOB]!]!;
      const from = words[JOB + 1]!;
      if (kind === 'train') return { kind, from, to: words[JOB + 2]! };
      if (kind === 'nodes') return { kind, from, count: words[JOB + 2]!, most: words[JOB + 3] === 1 };
      if (kind === 'close') return { kind, from, count: words[JOB + 2]!, depth: words[JOB + 3]! };
      return {
        kind,
        from,
        part: PARTS[words[JOB + 3]!]!,
        begin: words[JOB + 4]!,
        end: words[JOB + 5]!,
        half: words[JOB + 6]!,
      };
    },
    jobTicket: () => words[JOB_TICKET]!,

    claim(ticket, tasks, owner, first) {
      const base = claims(ticket);
      for (let i = 0; i < tasks; i++) {
        const task = first + i < tasks ? first + i : first + i - tasks;
        const word = Atomics.load(words, base + task);
        const free = age(word, ticket) < 0 || word === claimWord(ticket, FREE);
        if (free && Atomics.compareExchange(words, base + task, word, claimWord(ticket, owner)) === word) {
          return task;
        }
      }
      return -1;
    },

    done(ticket, task) {
      Atomics.store(words, claims(ticket) + task, claimWord(ticket, DONE));
    },

    allDone(ticket, tasks) {
      const base = claims(ticket);
      const word = claimWord(ticket, DONE);
      for (let task = 0; task < tasks; task++) if (Atomics.load(words, base + task) !== word) return false;
      return true;
    },

    advance(ticket, next) {
      if (Atomics.compareExchange(words, TICKET, ticket, next) !== ticket) return;
      if (Atomics.load(words, WAITERS) > 0) ring();
      if (phaseOf(next) === PHASE_PARKED) {
        Atomics.add(words, MAIN_BELL, 1);
        Atomics.notify(words, MAIN_BELL);
      }
    },

    bell: () => Atomics.load(words, BELL),

    wait(ticket, bell, spins) {
      for (let i = 0; i < spins; i++) {
        if (ticketNow() !== ticket || Atomics.load(words, BELL) !== bell) return;
      }
      Atomics.add(words, WAITERS, 1);
      // Whoever moves the ticket does so before it looks for waiters, so either we see the move or it sees us.
      if (ticketNow() === ticket) Atomics.wait(words, BELL, bell);
      Atomics.sub(words, WAITERS, 1);
    },

    rest(bell) {
      Atomics.wait(words, BELL, bell);
    },

    holdRequested: () => Atomics.load(words, HOLD) !== 0,
    quitRequested: () => Atomics.load(words, QUIT) !== 0,
    notFinite: () => Atomics.load(words, NOT_FINITE) !== 0,
    reportNotFinite: () => {
      Atomics.store(words, NOT_FINITE, 1);
    },

    post(job, phase = PHASE_COMPUTE) {
      const ticket = ticketNow() + 1;
      words[JOB] = KINDS.indexOf(job.kind);
      words[JOB + 1] = job.from;
      if (job.kind === 'train') words[JOB + 2] = job.to;
      else if (job.kind === 'nodes' || job.kind === 'close') {
        words[JOB + 2] = job.count;
        words[JOB + 3] = job.kind === 'close' ? job.depth : Number(job.most);
      } else {
        words[JOB + 3] = PARTS.indexOf(job.part);
        words[JOB + 4] = job.begin;
        words[JOB + 5] = job.end;
        words[JOB + 6] = job.half ?? 0;
      }
      words[JOB_TICKET] = ticket;
      // No word may ever look newer than a ticket, however long it was left alone.
      words.fill(claimWord(ticket - 1, DONE), CLAIMS, sliceClaims + size.slices);
      Atomics.store(words, HOLD, 0);
      Atomics.store(words, NOT_FINITE, 0);
      Atomics.store(words, TICKET, ticket + phase);
      ring();
    },

    hold() {
      Atomics.store(words, HOLD, 1);
    },

    quit() {
      Atomics.store(words, QUIT, 1);
      ring();
    },

    release(owner) {
      const ticket = ticketNow();
      const base = claims(ticket);
      const freed: number[] = [];
      for (let task = 0; task < claimsLength(ticket); task++) {
        const held = claimWord(ticket, owner);
        if (Atomics.compareExchange(words, base + task, held, claimWord(ticket, FREE)) === held) {
          freed.push(task);
        }
      }
      ring();
      return freed;
    },

    held() {
      const ticket = ticketNow();
      const base = claims(ticket);
      const tasks = [];
      for (let task = 0; task < claimsLength(ticket); task++) {
        const word = Atomics.load(words, base + task);
        const owner = word & 255;
        if (word === claimWord(ticket, owner) && owner !== FREE && owner !== DONE)
          tasks.push({ task, owner });
      }
      return tasks;
    },

    async parked() {
      for (;;) {
        const bell = Atomics.load(words, MAIN_BELL);
        if (phaseOf(ticketNow()) === PHASE_PARKED) return;
        await Atomics.waitAsync(words, MAIN_BELL, bell).value;
      }
    },
  };
}

/** Sets up the mailbox of a new pool: parked, with every claim older than any ticket. */
export function initialiseControl(control: Control): void {
  Atomics.store(control.words, TICKET, PHASE_PARKED);
}

function claimWord(ticket: number, owner: number): number {
  return (ticket << 8) | owner;
}

/** Negative where a claim is older than the ticket; both are numbers modulo 2^24. */
function age(word: number, ticket: number): number {
  return ((word & ~255) - (ticket << 8)) | 0;
}
