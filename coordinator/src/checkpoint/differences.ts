/**
 * Where two JSON values differ, in words: what a person is shown who resumes a run with another
 * configuration. The order of keys does not matter; a key set to undefined counts as absent.
 */

/** Longer values are cut, so that a line stays a line. */
const VALUE_CHARACTERS_MAX = 80;

/**
 * One line per difference, such as `batchSize: 64 in the run, 32 now` or
 * `model.layers[1].units: 10 in the run, absent now`; empty when the values are equal.
 */
export function differences(saved: unknown, given: unknown): string[] {
  return compare(saved, given, '');
}

function compare(saved: unknown, given: unknown, path: string): string[] {
  if (saved === given) return [];
  if (Array.isArray(saved) && Array.isArray(given)) {
    const length = Math.max(saved.length, given.length);
    return Array.from({ length }, (_, index) =>
      compare(saved[index], given[index], `${path}[${index}]`),
    ).flat();
  }
  if (isRecord(saved) && isRecord(given)) {
    const keys = new Set([...Object.keys(saved), ...Object.keys(given)]);
    return [...keys].flatMap((key) => compare(own(saved, key), own(given, key), join(path, key)));
  }
  return [`${path === '' ? 'the whole value' : path}: ${show(saved)} in the run, ${show(given)} now`];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Not `value[key]`, which would find `constructor` and the like in every object. */
function own(value: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function join(path: string, key: string): string {
  if (!/^[\w$-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

function show(value: unknown): string {
  if (value === undefined) return 'absent';
  const json = JSON.stringify(value);
  return json.length <= VALUE_CHARACTERS_MAX ? json : `${json.slice(0, VALUE_CHARACTERS_MAX)}...`;
}
