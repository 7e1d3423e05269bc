/**
 * The entry of the page: what is heard of the run, of this tab's worker and of the browser changes the state, the state is
 * shown, and what the person does becomes commands. Nothing computes and no socket is opened before Start is pressed.
 */

import { type Command, type StartSettings, wallMs } from '../connection/messages.ts';
import { type Hints, pausesOf } from '../view/hints.ts';
import { type PageOptions, readOptions } from '../view/options.ts';
import {
  initialState,
  type PageFacts,
  type PageState,
  shownIn,
  withAnswer,
  withObstacle,
  withoutWorker,
  withWorker,
} from '../view/state.ts';
import { whyNotSupported } from '../view/support.ts';
import { bindCharts } from './charts.ts';
import { bindDigest } from './digest.ts';
import { createHintPauses } from './hint-pauses.ts';
import { watchHints } from './hint-sources.ts';
import { bindRun } from './run.ts';
import { watchRun } from './run-source.ts';
import { bindSettings, type Settings } from './settings.ts';
import { openTabStorage, type TabStorage } from './storage.ts';
import { bindTab } from './tab.ts';
import { openWorkerLife } from './worker-life.ts';

/** How often that is shown anew which depends on the time alone. */
const TICK_MS = 1000;

function openPage(options: PageOptions): void {
  const storage = openTabStorage(() => sessionStorage);
  const facts: PageFacts = { unsupported: whyNotSupported(globalThis), wasComputing: storage.wasComputing() };
  let state: PageState = initialState;
  let hints: Hints = { isHidden: document.hidden };

  const life = openWorkerLife({
    onReport(report) {
      if (report.type === 'identity') storage.keepIdentity(report.identity);
      else change(withWorker(state, report.view, wallMs()));
    },
    onBroken() {
      hintPauses.forget();
      change(withoutWorker(state, 'The threads of this page broke down. Reload it, or try another browser.'));
    },
  });
  const tell = (command: Command): void => {
    if (state.view !== undefined) life.tell(command);
  };
  const hintPauses = createHintPauses(life.tell);
  const followHints = (): void => {
    if (state.view !== undefined) hintPauses.follow(pausesOf(hints, settings.allowances()));
  };

  const tab = bindTab({
    onStart() {
      life.tell({ type: 'start', settings: startSettings(options, settings, storage) });
      // Of an earlier start; who presses Start wants to go on.
      life.tell({ type: 'resume', reason: 'user' });
      hintPauses.follow(pausesOf(hints, settings.allowances()));
    },
    onPause: () => tell({ type: 'pause', reason: 'user' }),
    onResume: () => tell({ type: 'resume', reason: 'user' }),
    onFinish: () => tell({ type: 'finish' }),
    onStop: () => tell({ type: 'stop' }),
  });
  const settings = bindSettings(options, {
    onThreads(threads) {
      tell({ type: 'threads', threads });
      show();
    },
    onIntensity: (share) => tell({ type: 'intensity', share }),
    onAllowances: followHints,
  });
  const [showRun, showCharts, showDigest] = [bindRun(location.host), bindCharts(), bindDigest()];

  const show = (): void => {
    const shown = shownIn(state, facts, wallMs());
    tab.show(shown, { threads: settings.threads(), threadsMax: options.threadsMax });
    showRun(shown);
    showCharts(state.points);
    showDigest(shown.digest);
    if (shown.stage !== 'asking') storage.keepComputing(shown.stage === 'running');
  };
  const change = (next: PageState): void => {
    state = next;
    show();
  };

  show();
  if (facts.wasComputing) tab.focusStart();
  watchHints((next) => {
    hints = next;
    settings.offer(hints);
    followHints();
  });
  watchRun({
    token: options.token,
    isWanted: () => shownIn(state, facts, wallMs()).stage !== 'running',
    onInfo: (info) => change(withAnswer(state, info)),
    onObstacle: (sentence) => change(withObstacle(state, sentence)),
  });
  setInterval(() => {
    if (state.view !== undefined) change(withWorker(state, state.view, wallMs()));
  }, TICK_MS);
}

function startSettings(options: PageOptions, settings: Settings, storage: TabStorage): StartSettings {
  const { socketUrl: url, token, cacheBytes } = options;
  const identity = storage.identity();
  return {
    url,
    cacheBytes,
    threads: settings.threads(),
    intensity: settings.intensity(),
    ...(token !== undefined && { token }),
    ...(identity !== undefined && { identity }),
  };
}

openPage(readOptions(location.href, navigator.hardwareConcurrency));
