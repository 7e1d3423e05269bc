import { UserError } from '@hivegrad/shared/errors';
import { describe, expect, it } from 'vitest';
import { parseJsonText } from './json-text.ts';

function problem(text: string): string {
  try {
    parseJsonText(text, 'c.json');
  } catch (error) {
    if (error instanceof UserError && error.code === 'CONFIG_UNREADABLE') return error.message;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe('parseJsonText', () => {
  it('gives the value of JSON.parse for valid text, with or without a byte order mark', () => {
    const text = ' {"a": [1, -2.5e3, "x\\u0041\\"", {}, []], "b": {"c": null, "d": true}, "": false}\r\n';
    expect(parseJsonText(text, 'c.json')).toEqual(JSON.parse(text));
    expect(parseJsonText(`\uFEFF${text}`, 'c.json')).toEqual(JSON.parse(text));
    expect(parseJsonText('3', 'c.json')).toBe(3);
  });

  it('names the source, the line and the column of the first mistake', () => {
    expect(problem('{\n  "a": 1\n  "b": 2\n}')).toBe(
      'c.json is not valid JSON at line 3, column 3: expected a comma or }, found "\\"".',
    );
    expect(problem('{"a" 1}')).toBe(
      'c.json is not valid JSON at line 1, column 6: expected : after the key "a", found "1".',
    );
    expect(problem('{"a": [1, 2')).toBe(
      'c.json is not valid JSON at line 1, column 12: expected a comma or ], found the end of the file.',
    );
    expect(problem('{"a": 1} x')).toContain('line 1, column 10: nothing may follow');
    expect(problem(' \n ')).toContain('the file is empty');
  });

  it('knows the usual mistakes and their remedies', () => {
    expect(problem('{"a": 1,}')).toContain('column 8: remove the comma before }');
    expect(problem('[1,]')).toContain('column 3: remove the comma before ]');
    expect(problem('{// note\n}')).toContain('found a comment, which JSON does not have');
    expect(problem("{'a': 1}")).toContain('a single quote; JSON uses double quotes');
    expect(problem('{a: 1}')).toContain('expected a key in double quotes or }, found "a"');
    expect(problem('{"p": "C:\\data"}')).toContain('column 10: this backslash starts no known escape');
    expect(problem('{"p": "abc\n"}')).toContain(
      'column 7: the text that starts here has no closing double quote',
    );
  });

  it('refuses numbers and words that JSON does not have', () => {
    for (const word of ['01', '1.', '.5', '+1', 'NaN', 'Infinity', '1e', 'tru', 'undefined', '0x10']) {
      expect(problem(`{"a": ${word}}`)).toContain('line 1, column 7: expected a value');
    }
  });

  it('refuses a key that stands twice in one object, however it is escaped', () => {
    expect(problem('{"a": 1, "\\u0061": 2}')).toContain('column 10: the key "a" stands twice in one object');
    expect(parseJsonText('{"a": {"a": 1}}', 'c.json')).toEqual({ a: { a: 1 } });
  });

  it('refuses text that nests without end instead of overflowing the stack', () => {
    expect(problem('['.repeat(100_000))).toContain('nests deeper than 100 levels');
  });
});
