/** The run: its name, how far it is, who computes for it, and its description. */

import type { Shown } from '../view/shown.ts';
import { find, setText, showFacts, showText } from './elements.ts';

export function bindRun(host: string): (shown: Shown) => void {
  const [name, description, progressText, fleet, facts] = (
    ['run-name', 'run-description', 'progress-text', 'fleet', 'facts'] as const
  ).map((id) => find(`#${id}`, HTMLElement)) as [
    HTMLElement,
    HTMLElement,
    HTMLElement,
    HTMLElement,
    HTMLElement,
  ];
  const progress = find('#progress', HTMLProgressElement);
  for (const id of ['host', 'asker']) setText(find(`#${id}`, HTMLElement), host);

  return (shown) => {
    setText(name, shown.name);
    document.title = `${shown.name} – hivegrad`;
    showText(description, shown.description);
    progress.hidden = shown.progress === undefined;
    progress.value = shown.progress ?? 0;
    setText(progressText, shown.progressText);
    showFacts(fleet, shown.fleet);
    showFacts(facts, shown.facts);
  };
}
