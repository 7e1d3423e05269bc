/**
 * Reads source files and tells code from comments and from the insides of strings, so that the rules of this
 * folder look at what a program does and not at what it says. No parser: a scanner over characters, whose
 * output has the length and the line breaks of its input.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file by its path from the top of the workspace, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** `text` with spaces for comments and for the insides of strings, templates and regular expressions. */
  readonly code: string;
}

export function sourceFile(path: string, text: string): SourceFile {
  return { path, text, code: codeOf(text) };
}

/** Every TypeScript file under `root`/`folder` for each of `folders`, in the order of their paths. */
export function readSources(root: string, folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => sourceFile(path.slice(root.length).replaceAll('\\', '/'), readFileSync(path, 'utf8'))),
  );
}

/** Whether the file is for tests only: a test itself, `a.test.ts`, or what tests share, `a.test.support.ts`. */
export function isTest(path: string): boolean {
  return /\.test\.(?:\w+\.)?ts$/.test(path);
}

/** The line of `offset`, from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** "path:line" of every match of `pattern`, which needs the flag g, in the code of `file`. */
export function placesOf(file: SourceFile, pattern: RegExp): { place: string; found: string }[] {
  return [...file.code.matchAll(pattern)].map((match) => ({
    place: `${file.path}:${lineAt(file.code, match.index)}`,
    found: match[0].trim(),
  }));
}

const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const quoted = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y;
const templateText = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;
const regularExpression = /\/(?![/*])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//y;

/** What stands before a slash that opens a regular expression; after anything else it divides. */
const beforeRegularExpression =
  /(?:^|[(,=:[!&|?{;+\-*%<>~^]|\b(?:return|typeof|case|in|of|else|throw|yield))\s*$/;

/** See {@link SourceFile.code}. */
export function codeOf(text: string): string {
  let code = '';
  /** For each template that is open, how many braces its current `${` holds. */
  const braces: number[] = [];

  const matchHere = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = code.length;
    return pattern.exec(text)?.[0];
  };
  /** Copies `part`, with all but its first and last `kept` characters blanked. */
  const blank = (part: string, kept: number): void => {
    const inside = part.slice(kept, part.length - kept).replace(/[^\n]/g, ' ');
    code += part.slice(0, kept) + inside + part.slice(part.length - kept);
  };
  const continueTemplate = (): void => {
    code += (matchHere(templateText) ?? '').replace(/[^\n]/g, ' ');
    if (text.startsWith('${', code.length)) {
      code += '${';
      braces.push(0);
    } else {
      code += text.charAt(code.length);
    }
  };

  while (code.length < text.length) {
    const next = text.charAt(code.length);
    const skipped = next === '/' ? matchHere(comment) : undefined;
    const string = next === '"' || next === "'" ? matchHere(quoted) : undefined;
    if (skipped !== undefined) {
      code += skipped.replace(/[^\n]/g, ' ');
    } else if (string !== undefined) {
      blank(string, 1);
    } else if (next === '`') {
      code += next;
      continueTemplate();
    } else if (next === '}' && braces.at(-1) === 0) {
      braces.pop();
      code += next;
      continueTemplate();
    } else {
      const expression =
        next === '/' && beforeRegularExpression.test(code.slice(-80))
          ? matchHere(regularExpression)
          : undefined;
      const depth = braces.length - 1;
      if (depth >= 0 && next === '{') braces[depth]! += 1;
      if (depth >= 0 && next === '}') braces[depth]! -= 1;
      if (expression === undefined) code += next;
      else blank(expression, 1);
    }
  }
  return code;
}
