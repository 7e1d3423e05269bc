/**
 * JSON text to a value, with an error that says where. In: text and the name of its source; out: the value
 * that JSON.parse gives, or a UserError with line and column. JSON.parse alone does not always tell the
 * position (it depends on the engine) and takes the last of two equal keys without a word, so the text is
 * walked once by the grammar of RFC 8259 first.
 */

import { UserError } from '@hivegrad/shared/errors';

/** No configuration nests deeper; the bound keeps the walk's recursion off the end of the stack. */
const JSON_DEPTH_MAX = 100;

/** Position and sentence of the first breach of the grammar; caught in this file. */
class JsonProblem extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

interface Cursor {
  readonly text: string;
  offset: number;
}

/** Parses `text`; a breach is CONFIG_UNREADABLE with `source`, line and column, both counted from 1. */
export function parseJsonText(text: string, source: string): unknown {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  try {
    const cursor = { text: body, offset: 0 };
    skipSpace(cursor);
    if (cursor.offset === body.length) throw new JsonProblem(0, 'the file is empty');
    walkValue(cursor, 0);
    skipSpace(cursor);
    if (cursor.offset < body.length) {
      throw new JsonProblem(cursor.offset, 'nothing may follow the closing bracket, but there is more text');
    }
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    const before = body.slice(0, error.offset).split('\n');
    const column = (before[before.length - 1] ?? '').length + 1;
    throw new UserError(
      'CONFIG_UNREADABLE',
      `${source} is not valid JSON at line ${before.length}, column ${column}: ${error.message}.`,
    );
  }
  return JSON.parse(body) as unknown;
}

function walkValue(cursor: Cursor, depth: number): void {
  const { text, offset } = cursor;
  if (depth > JSON_DEPTH_MAX)
    throw new JsonProblem(offset, `the text nests deeper than ${JSON_DEPTH_MAX} levels`);
  const first = text[offset];
  if (first === '{') walkObject(cursor, depth);
  else if (first === '[') walkArray(cursor, depth);
  else if (first === '"') walkString(cursor);
  else walkWord(cursor);
}

function walkObject(cursor: Cursor, depth: number): void {
  const seen = new Set<string>();
  cursor.offset++;
  skipSpace(cursor);
  while (cursor.text[cursor.offset] !== '}') {
    const start = cursor.offset;
    if (cursor.text[start] !== '"') {
      throw new JsonProblem(start, `expected a key in double quotes or }, found ${found(cursor)}`);
    }
    walkString(cursor);
    const key = JSON.parse(cursor.text.slice(start, cursor.offset)) as string;
    if (seen.has(key))
      throw new JsonProblem(start, `the key ${JSON.stringify(key)} stands twice in one object; keep one`);
    seen.add(key);
    skipSpace(cursor);
    if (cursor.text[cursor.offset] !== ':') {
      throw new JsonProblem(
        cursor.offset,
        `expected : after the key ${JSON.stringify(key)}, found ${found(cursor)}`,
      );
    }
    cursor.offset++;
    skipSpace(cursor);
    walkValue(cursor, depth + 1);
    walkSeparator(cursor, '}');
  }
  cursor.offset++;
}

function walkArray(cursor: Cursor, depth: number): void {
  cursor.offset++;
  skipSpace(cursor);
  while (cursor.text[cursor.offset] !== ']') {
    walkValue(cursor, depth + 1);
    walkSeparator(cursor, ']');
  }
  cursor.offset++;
}

/** Passes a comma that another entry follows, or stops at the closing bracket. */
function walkSeparator(cursor: Cursor, close: '}' | ']'): void {
  skipSpace(cursor);
  const comma = cursor.offset;
  const next = cursor.text[comma];
  if (next === close) return;
  if (next !== ',') throw new JsonProblem(comma, `expected a comma or ${close}, found ${found(cursor)}`);
  cursor.offset++;
  skipSpace(cursor);
  if (cursor.text[cursor.offset] === close) throw new JsonProblem(comma, `remove the comma before ${close}`);
}

function walkString(cursor: Cursor): void {
  const pattern = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
  pattern.lastIndex = cursor.offset;
  const start = cursor.offset;
  const length = pattern.exec(cursor.text)?.[0].length ?? 0;
  const end = start + length;
  if (cursor.text[end] === '"') {
    cursor.offset = end + 1;
    return;
  }
  if (cursor.text[end] === '\\') {
    throw new JsonProblem(
      end,
      'this backslash starts no known escape; write a backslash as \\\\ or use / in paths',
    );
  }
  throw new JsonProblem(start, 'the text that starts here has no closing double quote on its line');
}

function walkWord(cursor: Cursor): void {
  const pattern = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
  pattern.lastIndex = cursor.offset;
  const word = pattern.exec(cursor.text)?.[0];
  if (word === undefined) throw new JsonProblem(cursor.offset, `expected a value, found ${found(cursor)}`);
  cursor.offset += word.length;
}

function skipSpace(cursor: Cursor): void {
  const pattern = /[ \t\r\n]*/y;
  pattern.lastIndex = cursor.offset;
  pattern.exec(cursor.text);
  cursor.offset = pattern.lastIndex;
}

/** What stands at the cursor, in words, with the remedy where the mistake is a known one. */
function found(cursor: Cursor): string {
  const rest = cursor.text.slice(cursor.offset, cursor.offset + 40);
  if (rest === '') return 'the end of the file';
  if (rest.startsWith('//') || rest.startsWith('/*')) {
    return 'a comment, which JSON does not have; remove it or write the configuration as a .mjs module';
  }
  if (rest.startsWith("'")) return 'a single quote; JSON uses double quotes';
  const word = /^[\w.+-]{1,20}/.exec(rest)?.[0] ?? String.fromCodePoint(rest.codePointAt(0) ?? 0);
  return JSON.stringify(word);
}
