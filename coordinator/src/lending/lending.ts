/**
 * A run that is lent out: the root where steps, workers' connections and the server meet. In: a pool with rounds, the
 * run's configuration and data, and how to listen; out: something that trains like the pool alone, with the same
 * bits, and a server on one port for the page, its reports and the workers.
 */

import { KNOWN_ANSWER } from '@hivegrad/shared/kernels/known-answer';
import { lossKinds } from '@hivegrad/shared/model/losses';
import { encodeMessage } from '@hivegrad/shared/protocol/codec';
import { cleanText } from '@hivegrad/shared/protocol/fields';
import { DESCRIPTION_LENGTH_MAX, RUN_NAME_LENGTH_MAX, rowBytes } from '@hivegrad/shared/protocol/limits';
import type { Done, RunShape, Status, Welcome } from '@hivegrad/shared/protocol/messages';
import type { BoundConfig } from '../config/bind.ts';
import type { TrainingPool } from '../run-types.ts';
import { pageDirectory } from '../server/page-directory.ts';
import type { HiveServer } from '../server/ports.ts';
import { startServer } from '../server/server.ts';
import type { LocalPool } from '../workers/local-pool.ts';
import { kernelsHash } from '../workers/local-pool.ts';
import { openAssignments } from './assignments.ts';
import { Crowd } from './crowd.ts';
import { Members } from './members.ts';
import { openMetrics } from './metrics.ts';
import { RunStatus } from './run-status.ts';
import { SentRows } from './sent-rows.ts';
import type { LendSettings } from './settings.ts';
import { cachesMax, fleetOptions, lendDefaults, REMEMBERED_MAX } from './settings.ts';
import { shapeOf } from './shape.ts';
import { Steps } from './steps.ts';

/** How often workers are told how the run stands. */
const STATUS_MS = 1_000;
/** How long sockets may take to close when the run is over. */
const CLOSE_MS = 1_000;

export interface LendingOptions {
  readonly pool: LocalPool;
  readonly bound: BoundConfig;
  /** Threads that take part in steps; 0 leaves them to workers from outside. */
  readonly localThreads: number;
  readonly settings: LendSettings;
  readonly onNotice: (sentence: string) => void;
  /** Told at most once a second. */
  readonly onFleet: (size: FleetSize) => void;
}

/** Who computes besides the local threads. */
export interface FleetSize {
  readonly browsers: number;
  readonly machines: number;
}

export interface Lending {
  readonly pool: TrainingPool;
  /** Addresses to share, the most useful one first. */
  readonly urls: readonly string[];
  /** Training begins, or goes on at this step. */
  begin(step: number): void;
  /** Says goodbye to everybody, and resolves when no socket is left. Only the first call counts. */
  close(end: Pick<Done, 'reason' | 'digest'>): Promise<void>;
}

/** Listens, or throws a UserError with one of the LISTEN codes. */
export async function openLending(options: LendingOptions): Promise<Lending> {
  const { pool, bound, localThreads, settings } = options;
  const shape = shapeOf(bound);
  const status = new RunStatus(shape, lossKinds[bound.model.loss]);
  const members = new Members({
    rows: new SentRows({ samples: shape.samples, rowBytes: rowBytes(shape), cachesMax: cachesMax(shape) }),
    identitiesMax: REMEMBERED_MAX,
  });
  const welcome = welcomeOf(bound, shape);
  const crowd = new Crowd({
    welcome,
    trust: settings.token === undefined ? 'volunteer' : 'trusted',
    members,
    assignments: openAssignments({ shape, seed: bound.config.seed, data: bound.train }),
    weights: (version) => pool.weightsBytes(version),
    steps: () => steps,
    onNotice: options.onNotice,
  });
  const metrics = openMetrics();
  let waits = '';
  /** Once for each step, however often its last worker comes back and leaves again. */
  const tellWait = (step: number) => {
    const who = members.size === 0 ? 'nobody is here to compute it' : 'nobody who is here computes now';
    const sentence = `Step ${step + 1} waits: ${who}.`;
    if (sentence === waits) return;
    waits = sentence;
    options.onNotice(sentence);
  };
  const steps = new Steps({
    pool,
    shape,
    fleet: fleetOptions(shape, settings, localThreads),
    workers: crowd,
    onCommand(command) {
      metrics.onCommand(command);
      if (command.type === 'wait') tellWait(command.step);
    },
    onSteps: (at, sums) => status.took(at, sums, performance.now()),
  });
  const fleet = (): FleetSize => ({ browsers: members.count('browser'), machines: members.count('node') });
  const statusNow = (): Omit<Status, 'type'> => ({
    ...status.at(performance.now()),
    ...fleet(),
    localThreads,
  });
  let ended: Pick<Done, 'reason' | 'digest'> | undefined;
  const server: HiveServer = await startServer({
    ...lendDefaults,
    ...settings,
    shape,
    expected: { kernels: await kernelsHash(), answer: KNOWN_ANSWER },
    handlers: crowd,
    page: pageDirectory(),
    status: () => ({ ...reportOf(welcome), ...statusNow(), state: ended?.reason ?? 'training' }),
    metrics: () => metrics.text({ status: statusNow(), refusals: server.refusals }),
  });
  const tellWorkers = () => {
    if (members.size === 0) return;
    server.broadcast(encodeMessage({ type: 'status', ...statusNow() }));
    crowd.tellStandings();
  };
  let told = JSON.stringify(fleet());
  const timer = setInterval(() => {
    const size = fleet();
    if (JSON.stringify(size) !== told) options.onFleet(size);
    told = JSON.stringify(size);
    tellWorkers();
  }, STATUS_MS);
  return {
    pool: steps,
    urls: server.urls,
    begin: (step) => status.took(step, [], performance.now()),
    async close(end) {
      if (ended !== undefined) return;
      ended = end;
      clearInterval(timer);
      // Whoever lent something leaves with what became of it.
      tellWorkers();
      steps.close();
      metrics.close();
      await server.close({
        frame: encodeMessage({ type: 'done', version: status.step, ...end }),
        withinMs: CLOSE_MS,
      });
    },
  };
}

function welcomeOf(
  { config, model, train }: BoundConfig,
  shape: RunShape,
): Omit<Welcome, 'type' | 'worker' | 'identity'> {
  return {
    ...shape,
    run: cleanText(config.name, RUN_NAME_LENGTH_MAX),
    description: cleanText(config.description, DESCRIPTION_LENGTH_MAX),
    model,
    seed: config.seed,
    dataset: train.digest,
    statusMs: STATUS_MS,
  };
}

/** What anybody may see of a run before taking part. */
function reportOf({ run, statusMs: _, ...rest }: ReturnType<typeof welcomeOf>): object {
  return { name: run, ...rest };
}
