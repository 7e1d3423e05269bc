/** What the page knows, as plain data, and how it changes with what it hears. */

import type { PeerView } from '@hivegrad/shared/peer/view';
import { type Calm, calmed } from './calm.ts';
import { type Point, withPoint } from './history.ts';
import { type Rate, samplesPerSecond, withCount } from './rate.ts';
import { type RunInfo, unknownRun, withView } from './run-info.ts';
import { type Shown, shownOf } from './shown.ts';

export interface PageState {
  /** The answer of `/api/run`. */
  readonly asked: RunInfo;
  /** This tab's worker, once it was started. */
  readonly view: PeerView | undefined;
  readonly calm: Calm | undefined;
  readonly rate: Rate;
  readonly points: readonly Point[];
  /** Why the run is not known. */
  readonly obstacle: string | undefined;
}

export const initialState: PageState = {
  asked: unknownRun,
  view: undefined,
  calm: undefined,
  rate: [],
  points: [],
  obstacle: undefined,
};

/** What holds as long as the page is open. */
export interface PageFacts {
  /** Why this browser cannot take part. */
  readonly unsupported: string | undefined;
  readonly wasComputing: boolean;
}

export function withAnswer(state: PageState, asked: RunInfo): PageState {
  return { ...state, asked, obstacle: undefined, points: withPoint(state.points, pointOf(asked)) };
}

export function withObstacle(state: PageState, obstacle: string): PageState {
  return { ...state, obstacle };
}

/** Something was heard of the worker, or time has passed since. */
export function withWorker(state: PageState, view: PeerView, nowMs: number): PageState {
  return {
    ...state,
    view,
    obstacle: undefined,
    calm: calmed(state.calm, view, nowMs),
    rate: withCount(state.rate, nowMs, view.contribution.computedSamples),
    points: withPoint(state.points, pointOf(withView(state.asked, view))),
  };
}

/** The worker broke down with all its threads; it may be started anew. */
export function withoutWorker(state: PageState, obstacle: string): PageState {
  return { ...state, view: undefined, calm: undefined, rate: [], obstacle };
}

export function shownIn(state: PageState, { unsupported, wasComputing }: PageFacts, nowMs: number): Shown {
  const { asked, view, calm, rate, obstacle } = state;
  return shownOf({
    info: view === undefined ? asked : withView(asked, view),
    view,
    calm,
    obstacle: unsupported ?? obstacle,
    isSupported: unsupported === undefined,
    wasComputing,
    samplesPerSecond: samplesPerSecond(rate),
    nowMs,
  });
}

function pointOf({ progress: { step = 0, loss, accuracy } }: RunInfo): Point {
  return { step, loss, accuracy };
}
