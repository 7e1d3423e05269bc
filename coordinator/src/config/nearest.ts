/**
 * Guesses which known word somebody meant. In: the word as typed and the words that exist; out: the
 * words, nearest first, and a guess only where it is near enough to be worth a person's time.
 */

/**
 * Number of single insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`
 * (Damerau 1964, Levenshtein 1966; the restricted form, which edits no part twice).
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(substitute, at(last, j) + 1, at(row, j - 1) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, at(beforeLast, j - 2) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

/** Sorts `known` by its distance from `word`, stable for equal distances. */
export function nearestFirst(word: string, known: readonly string[]): string[] {
  return [...known].sort((a, b) => distance(word, a) - distance(word, b));
}

/** The known word that `word` most likely stands for, or undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const best = nearestFirst(word, known)[0];
  if (best === undefined) return undefined;
  // A third of the letters may be wrong: enough for typing errors, too little for other words.
  const allowed = Math.max(1, Math.floor(Math.max(word.length, best.length) / 3));
  return distance(word, best) <= allowed ? best : undefined;
}

/**
 * Case, `_` and `-` do not count; the initials of a name count as the name (lr, learningRate) and its beginning
 * as one letter off (softmax, softmaxCrossEntropy).
 */
function distance(word: string, known: string): number {
  const plain = fold(word);
  const initials = known.slice(0, 1) + known.replace(/[^A-Z]/g, '').toLowerCase();
  if (plain.length > 1 && plain === initials) return 0;
  const edits = editDistance(plain, fold(known));
  return plain.length > 2 && fold(known).startsWith(plain) ? Math.min(edits, 1) : edits;
}

function fold(word: string): string {
  return word.replace(/[_-]/g, '').toLowerCase();
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
