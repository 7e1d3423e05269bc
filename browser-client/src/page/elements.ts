/** Finds the parts of index.html and changes them where something is new: a screen reader hears each change. */

import type { Fact } from '../view/shown.ts';

/** @throws Error where index.html has no such part, which is a bug */
export function find<T extends Element>(
  selector: string,
  kind: abstract new () => T,
  within: ParentNode = document,
): T {
  const element = within.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`There is no ${selector} in the page.`);
  return element;
}

/** Shows a text, or hides its element where it is empty. */
export function showText(element: HTMLElement, text: string): void {
  setText(element, text);
  element.hidden = text === '';
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Labels and values as the terms of a list; long values without a space are shown as code. */
export function showFacts(list: HTMLElement, facts: readonly Fact[]): void {
  while (list.children.length > facts.length) list.lastElementChild!.remove();
  facts.forEach(({ label, value }, i) => {
    const row = list.children[i] ?? list.appendChild(newFact());
    setText(row.firstElementChild!, label);
    setText(row.lastElementChild!, value);
    row.lastElementChild!.classList.toggle('code', /^\S{40,}$/.test(value));
  });
}

function newFact(): HTMLElement {
  const row = document.createElement('div');
  row.append(document.createElement('dt'), document.createElement('dd'));
  return row;
}
