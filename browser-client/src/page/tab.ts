/** The card of this tab: what it does, what it has contributed, and the buttons. */

import type { Shown } from '../view/shown.ts';
import { showCells } from './cells.ts';
import { find, setText, showFacts, showText } from './elements.ts';

export interface TabEvents {
  readonly onStart: () => void;
  readonly onPause: () => void;
  readonly onResume: () => void;
  readonly onFinish: () => void;
  readonly onStop: () => void;
}

const titles: Readonly<Record<Shown['stage'], string>> = {
  asking: 'Lend this tab',
  running: 'This tab',
  ended: 'This tab',
};

export function bindTab({ onStart, onPause, onResume, onFinish, onStop }: TabEvents) {
  const card = find('#tab', HTMLElement);
  const title = find('#tab-title', HTMLElement);
  const cells = find('#cells', SVGElement);
  const [sentence, retry, problem, consent, contribution] = (
    ['sentence', 'retry', 'problem', 'consent', 'contribution'] as const
  ).map((id) => find(`#${id}`, HTMLElement)) as [
    HTMLElement,
    HTMLElement,
    HTMLElement,
    HTMLElement,
    HTMLElement,
  ];
  const [start, pause, finish, stop] = (['start', 'pause', 'finish', 'stop'] as const).map((id) =>
    find(`#${id}`, HTMLButtonElement),
  ) as [HTMLButtonElement, HTMLButtonElement, HTMLButtonElement, HTMLButtonElement];
  let isPaused = false;

  start.addEventListener('click', onStart);
  pause.addEventListener('click', ({ detail }) => {
    // It takes the place of Start, so the second click of a double one lands here.
    if (detail > 1) return;
    if (isPaused) onResume();
    else onPause();
  });
  finish.addEventListener('click', onFinish);
  stop.addEventListener('click', onStop);

  /** Who pressed a button that is gone finds the focus on the one that took its place. */
  const keepFocus = (change: () => void): void => {
    const focused = document.activeElement;
    change();
    if (!(focused instanceof HTMLButtonElement) || !focused.hidden) return;
    [pause, start, stop].find((button) => !button.hidden)?.focus();
  };

  return {
    /** Puts the focus on the button that starts, for whoever wants to go on after a reload. */
    focusStart: () => start.focus(),
    show(shown: Shown, lent: { readonly threads: number; readonly threadsMax: number }): void {
      const { stage, tone, controls } = shown;
      Object.assign(card.dataset, { stage, tone });
      setText(title, titles[stage]);
      showCells(cells, lent);
      setText(sentence, shown.sentence);
      showText(retry, shown.retry);
      showText(problem, shown.problem);
      consent.hidden = stage !== 'asking' || controls.start === undefined;
      contribution.hidden = stage === 'asking';
      showFacts(contribution, shown.contribution);
      isPaused = controls.pause === 'Resume';
      keepFocus(() => {
        showText(start, controls.start ?? '');
        showText(pause, controls.pause ?? '');
        finish.hidden = !controls.canFinish;
        stop.hidden = !controls.canStop;
      });
    },
  };
}
