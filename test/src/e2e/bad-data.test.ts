/** Data files that cannot be used: exit code 2, file and place and remedy in one sentence, nothing written. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hivegrad, killAll } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { createWorkplace, idx, smallConfig, snapshot } from '../support/files.ts';

const { data } = smallConfig;
/** A part whose images or labels are another file. */
const part = (name: 'train' | 'test', files: object) => ({ [name]: { ...data[name], ...files } });
const table = (rows: readonly string[]) => `width,colour,class\n${rows.join('\n')}\n`;
const rows = ['1,red,a', '2,blue,b', '3,red,a', '4,blue,b', '5,red,a'];

/** What is wrong, a file and its content, the part of the configuration that names it, what the command says. */
const idxCases: readonly (readonly [string, Uint8Array | undefined, object, RegExp])[] = [
  [
    'missing.idx',
    undefined,
    part('train', { images: 'missing.idx' }),
    /DATA_MISSING: There is no file \S+missing\.idx; check the path in the configuration\./,
  ],
  [
    'empty.idx',
    new Uint8Array(0),
    part('test', { labels: 'empty.idx' }),
    /DATA_EMPTY: \S+empty\.idx is empty; download the file again\./,
  ],
  [
    'truncated.idx',
    idx([480, 4, 4], new Uint8Array(480 * 16 - 5)),
    part('train', { images: 'truncated.idx' }),
    /DATA_TRUNCATED: \S+truncated\.idx is cut short: 7680 bytes expected, 7675 found; download the file again\./,
  ],
  [
    'picture.png',
    Buffer.from('89504e470d0a1a0a', 'hex'),
    part('train', { images: 'picture.png' }),
    /DATA_FORMAT: \S+picture\.png starts with 89 50 4e 47, which is no IDX file; give the path of a file like/,
  ],
  [
    'fewer-labels.idx',
    idx([479], new Uint8Array(479)),
    part('train', { labels: 'fewer-labels.idx' }),
    /DATA_MISMATCH: \S+train-images holds 480 images but \S+fewer-labels\.idx holds 479 labels; give two files/,
  ],
  [
    'strange-label.idx',
    idx([200], new Uint8Array(200).fill(9, 17, 18)),
    part('test', { labels: 'strange-label.idx' }),
    /DATA_LABEL_RANGE: Label 9 of sample 17 in \S+strange-label\.idx is not below the number of classes, 5; set/,
  ],
  [
    'other-shape.idx',
    idx([200, 15], new Uint8Array(200 * 15)),
    part('test', { images: 'other-shape.idx' }),
    /DATA_MISMATCH: Samples of \S+train-images have the shape \[4 x 4\], those of \S+other-shape\.idx \[15\]; give/,
  ],
];

const csvCases: readonly (readonly [string, string | undefined, RegExp])[] = [
  [
    'missing',
    undefined,
    /DATA_MISSING: There is no file \S+missing\.csv; check the path in the configuration\./,
  ],
  [
    'empty',
    '',
    /DATA_EMPTY: \S+empty\.csv has no rows after its header; give a file with a header and samples\./,
  ],
  [
    'ragged',
    table([...rows, '6,red']),
    /DATA_FORMAT: \S+ragged\.csv, line 7: 2 cells where the header has 3; correct the line, and quote cells/,
  ],
  [
    'text',
    table([...rows, 'wide,red,a']),
    /DATA_NOT_A_NUMBER: \S+text\.csv, line 7, column "width": "wide" is text where a number belongs; correct it, or/,
  ],
  [
    'nan',
    table(['NaN,red,a', ...rows]),
    /DATA_NOT_A_NUMBER: \S+nan\.csv, line 2, column "width": "NaN" is not a finite number; replace it, drop the row/,
  ],
  [
    'hole',
    table([...rows, '6,,a']),
    /DATA_NOT_A_NUMBER: \S+hole\.csv, line 7, column "colour": "" is empty; fill it in, drop the row, or ignore/,
  ],
  [
    'column',
    table(rows).replace('class', 'clas'),
    /DATA_MISMATCH: \S+column\.csv has no column "class"; correct the name, the nearest is "clas"\./,
  ],
];

let place: Workplace;
let before: Record<string, string>;
beforeAll(() => {
  place = createWorkplace();
  for (const [name, content, parts] of idxCases) {
    if (content !== undefined) place.write(name, content);
    place.config(`${name}.json`, { data: { ...data, ...parts } });
  }
  for (const [name, content] of csvCases) {
    if (content !== undefined) place.write(`${name}.csv`, content);
    place.config(`${name}.json`, {
      data: { kind: 'csv', train: `${name}.csv`, target: 'class', task: 'classes' },
    });
  }
  before = snapshot(place.directory);
});
afterAll(() => {
  killAll();
  place.remove();
});

async function expectRefusal(config: string, said: RegExp): Promise<void> {
  const { code, stdout, stderr } = await hivegrad(['train', config], { cwd: place.directory });
  expect(stderr).toMatch(said);
  // One line, and no stack.
  expect(stderr).toMatch(/^Error [A-Z_]+: .*\n$/);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(snapshot(place.directory)).toEqual(before);
}

describe.concurrent('hivegrad train refuses, and writes nothing, for', () => {
  it.each(idxCases)('the IDX file %s', async (name, _content, _parts, said) => {
    await expectRefusal(`${name}.json`, said);
  });

  it.each(csvCases)('the table %s', async (name, _content, said) => {
    await expectRefusal(`${name}.json`, said);
  });
});
