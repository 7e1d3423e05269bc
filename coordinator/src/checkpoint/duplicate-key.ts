/**
 * Finds a key that stands twice in one object of a JSON text. `JSON.parse` keeps the last of them in
 * silence, so two readers of one file may see different things; a careful loader refuses the file.
 */

/** The first key found twice in the same object of `json`, which must be a valid JSON text. */
export function duplicateKey(json: string): string | undefined {
  // One entry per open bracket: the keys of an object, or undefined for a list.
  const open: (Set<string> | undefined)[] = [];
  let lastString = '""';
  for (let at = 0; at < json.length; at++) {
    const mark = json[at];
    if (mark === '{') open.push(new Set());
    else if (mark === '[') open.push(undefined);
    else if (mark === '}' || mark === ']') open.pop();
    else if (mark === '"') {
      const end = stringEnd(json, at);
      lastString = json.slice(at, end + 1);
      at = end;
    } else if (mark === ':') {
      // Escapes are resolved first: "a" and "\u0061" are the same key.
      const key: string = JSON.parse(lastString);
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

/** Index of the quote that closes the string opened at `begin`. */
function stringEnd(json: string, begin: number): number {
  let at = begin + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}
