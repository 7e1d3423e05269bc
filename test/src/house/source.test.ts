import { describe, expect, it } from 'vitest';
import { importsOf } from './imports.ts';
import { codeOf, lineAt, sourceFile } from './source.ts';
import { workspaceSources } from './workspace.ts';

describe('codeOf', () => {
  it('blanks comments and keeps every line and column where it was', () => {
    expect(codeOf('a; // b\n/* c\n*/ d')).toBe('a;     \n    \n   d');
  });

  it('blanks the insides of strings and keeps their quotes', () => {
    expect(codeOf(`f('it\\'s', "a // b")`)).toBe(`f('     ', "      ")`);
  });

  it('keeps the code inside a template and blanks its text, also when braces and templates nest', () => {
    expect(codeOf('`a $' + '{f({ b: `c $' + '{d} e` })} g`; h')).toBe(
      '`  $' + '{f({ b: `  $' + '{d}  ` })}  `; h',
    );
  });

  it('takes a slash for a division after a value and for a regular expression elsewhere', () => {
    expect(codeOf('a / b / c; x = /d"[/]e/g.test(f)')).toBe('a / b / c; x = /      /g.test(f)');
  });

  it('keeps the length and the line breaks of every source of the workspace', () => {
    const breaksOf = (text: string) => [...text.matchAll(/\n/g)].map((match) => match.index);
    for (const file of workspaceSources())
      expect(breaksOf(file.code), file.path).toEqual(breaksOf(file.text));
  });
});

describe('importsOf', () => {
  const specifiersOf = (text: string) =>
    importsOf(sourceFile('shared/src/a.ts', text)).map((found) => found.specifier);

  it('finds static, type, side-effect and dynamic imports and re-exports, in order', () => {
    const text = [
      `import { a } from './a.ts';`,
      `import type { B } from "./b.ts";`,
      `import './c.ts';`,
      `export * from './d.ts';`,
      `export { e } from './e.ts';`,
      `const f = await import('./f.ts');`,
      `let g: import('./g.ts').G;`,
      `import {\n  h,\n  type I,\n} from './h.ts';`,
    ].join('\n');
    expect(specifiersOf(text)).toEqual(
      ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `./${name}.ts`),
    );
  });

  it('finds nothing in comments, strings and calls that look like imports', () => {
    expect(
      specifiersOf(`// import './a.ts'\nconst b = "import './c.ts'"; export const d = Array.from('e');`),
    ).toEqual([]);
  });

  it('says the line of the specifier', () => {
    const text = `\n\nimport {\n  a,\n} from './a.ts';\n`;
    expect(importsOf(sourceFile('shared/src/b.ts', text))[0]?.line).toBe(5);
    expect(lineAt(text, 0)).toBe(1);
  });
});
