/** Numbers and lists as sentences have them. */

/** A number as a person would write it: three digits, and none that say nothing. */
export function plain(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** `3 epochs`; a mean over seeds may be broken. */
export function epochsText(epochs: number): string {
  return epochs === 1 ? '1 epoch' : `${plain(epochs)} epochs`;
}

/** `a, b and c`. */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

export function capitalised(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
