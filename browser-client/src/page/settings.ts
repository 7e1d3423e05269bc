/** The controls of how much is computed: threads, share of the time, and which hints of the browser are overruled. */

import type { Allowances, Hints } from '../view/hints.ts';
import { find, setText } from './elements.ts';

export interface SettingsEvents {
  readonly onThreads: (threads: number) => void;
  readonly onIntensity: (share: number) => void;
  readonly onAllowances: () => void;
}

export interface Settings {
  threads(): number;
  intensity(): number;
  allowances(): Allowances;
  /** Shows a switch for each hint that the browser gives. */
  offer(hints: Hints): void;
}

export function bindSettings(
  { threads, threadsMax }: { threads: number; threadsMax: number },
  { onThreads, onIntensity, onAllowances }: SettingsEvents,
): Settings {
  const slider = find('#threads', HTMLInputElement);
  const text = find('#threads-text', HTMLOutputElement);
  const choices = find('#intensity', HTMLElement);
  const [hidden, battery, saver] = (['hidden', 'battery', 'saver'] as const).map((name) =>
    find(`#allow-${name}`, HTMLInputElement),
  ) as [HTMLInputElement, HTMLInputElement, HTMLInputElement];

  const showThreads = (): void => setText(text, `${slider.value} of ${threadsMax}`);
  slider.max = String(threadsMax);
  slider.value = String(threads);
  slider.disabled = threadsMax === 1;
  showThreads();
  slider.addEventListener('input', showThreads);
  slider.addEventListener('change', () => onThreads(slider.valueAsNumber));
  const intensity = (): number => Number(find('input:checked', HTMLInputElement, choices).value);
  choices.addEventListener('change', () => onIntensity(intensity()));
  for (const box of [hidden, battery, saver]) box.addEventListener('change', onAllowances);

  return {
    threads: () => slider.valueAsNumber,
    intensity,
    allowances: () => ({ hidden: hidden.checked, battery: battery.checked, saver: saver.checked }),
    offer(hints) {
      battery.parentElement!.hidden = hints.battery === undefined;
      saver.parentElement!.hidden = hints.savesData !== true && !saver.checked;
    },
  };
}
