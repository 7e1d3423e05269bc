import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureOf, writeTestFiles } from './fixtures.test.support.ts';
import { openJson } from './json-table.ts';

async function readAll(path: string) {
  const file = await openJson(path);
  return file.read(file.names);
}

async function read(content: string) {
  return readAll(join(writeTestFiles({ 't.json': content }), 't.json'));
}

async function failure(content: string | Uint8Array): Promise<string> {
  const directory = writeTestFiles({ 't.json': content });
  return failureOf(readAll(join(directory, 't.json')), directory);
}

describe('openJson', () => {
  it('reads an array of objects; absent keys and null are missing', async () => {
    const { rows, columns, lines } = await read(
      '[{"a": 1, "b": "x"}, {"b": null, "a": null, "c": true}, {"a": -2.5e1}]',
    );
    expect(rows).toBe(3);
    expect(lines).toBeUndefined();
    expect(columns).toEqual([
      { kind: 'number', name: 'a', values: Float64Array.of(1, 0, -25), missing: Uint8Array.of(0, 1, 0) },
      { kind: 'text', name: 'b', codes: Uint32Array.of(0, 1, 1), texts: ['x', ''] },
      { kind: 'text', name: 'c', codes: Uint32Array.of(0, 1, 0), texts: ['', 'true'] },
    ]);
  });

  it('reads JSON lines with their line numbers', async () => {
    const { columns, lines } = await read('\ufeff{"a": 1}\r\n\n{"a": "x"}\n');
    expect(lines).toEqual(Uint32Array.of(1, 3));
    expect(columns).toEqual([{ kind: 'text', name: 'a', codes: Uint32Array.of(0, 1), texts: ['1', 'x'] }]);
  });

  it('takes a key like __proto__ for a column like any other', async () => {
    const { columns } = await read('[{"__proto__": 1, "constructor": 2}, {"__proto__": 3}]');
    expect(columns.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
    expect(columns[1]).toMatchObject({ missing: Uint8Array.of(0, 1) });
  });

  it('names row and key of a nested value', async () => {
    expect(await failure('[{"a": 1}, {"a": [1, 2]}]')).toBe(
      'DATA_FORMAT t.json, row 2, key "a" holds a list; write its values as keys of their own, or ignore the column.',
    );
    expect(await failure('{"a": 1}\n{"a": {"b": 2}}')).toContain('t.json, line 2, key "a" holds an object');
  });

  it('refuses rows that are no objects', async () => {
    expect(await failure('[{"a": 1}, 3]')).toBe(
      'DATA_FORMAT t.json, row 2 is the number 3, not an object; give rows like {"width": 1, "class": "a"}.',
    );
    expect(await failure('"a"\n')).toContain('t.json, line 1 is the string "a", not an object');
    expect(await failure('[[1]]')).toContain('row 1 is a list');
  });

  it('tells a text that ends early from one with a fault, and names the line', async () => {
    expect(await failure('[{"a": 1}, {"a"')).toMatch(
      /^DATA_(?:TRUNCATED|FORMAT) t\.json (?:ends in the middle of a value; download|is not valid JSON)/,
    );
    expect(await failure('{"a": 1}\n{"a"')).toMatch(/^DATA_\w+ t\.json, line 2 /);
    expect(await failure('[{"a": 1,}]')).toMatch(
      /^DATA_FORMAT t\.json is not valid JSON \(.*\); give an array/,
    );
  });

  it('refuses files without rows or keys, and other encodings', async () => {
    for (const content of ['', ' \n', '[]']) {
      expect(await failure(content)).toBe('DATA_EMPTY t.json holds no rows; give one sample at least.');
    }
    expect(await failure('[{}]')).toMatch(/^DATA_EMPTY t\.json holds objects without keys/);
    expect(await failure(new Uint8Array([0x5b, 0xff]))).toBe(
      'DATA_FORMAT t.json is not UTF-8 text; save it as JSON in UTF-8.',
    );
  });
});
