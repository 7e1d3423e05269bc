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
    /DATA_NOT_A_NUMBER: \S+hole\.csv, line 7, column "colour": "" is empty; fill it in, set "missing" to "drop"/,
  ],
  [
    'column',
    table(rows).replace('class', 'clas'),
    /DATA_MISMATCH: \S+column\.csv has no column "class"; correct the name, the nearest is "clas"\./,
  ],
];

const npy = (name: string) => ({
  kind: 'npy',
  train: { features: name, targets: 'targets.npy' },
  task: 'classes',
});
const json = (name: string) => ({ kind: 'json', train: name, target: 'class', task: 'classes' });
const parquet = (name: string) => ({ ...json(name), kind: 'parquet' });
const people = (row: string) => `[{"width": 1, "class": "a"}, ${row}]`;

/** What is wrong in files of the other formats: a file, its content, the data of the configuration, what is said. */
const otherCases: readonly (readonly [string, string | Uint8Array, object, RegExp])[] = [
  [
    'nested.json',
    people('{"width": [2], "class": "b"}'),
    json('nested.json'),
    /DATA_FORMAT: \S+nested\.json, row 2, key "width" holds a list; write its values as keys of their own, or/,
  ],
  [
    'hole-in.json',
    people('{"class": "b"}'),
    json('hole-in.json'),
    /DATA_NOT_A_NUMBER: \S+hole-in\.json, row 2, column "width": null is empty; fill it in, set "missing" to "drop"/,
  ],
  [
    'column-in.json',
    people('{"width": 2, "clas": "b"}').replace('class', 'clas'),
    json('column-in.json'),
    /DATA_MISMATCH: \S+column-in\.json has no column "class"; correct the name, the nearest is "clas"\./,
  ],
  [
    'broken.json',
    people('{"width": 2, class: "b"}'),
    json('broken.json'),
    /DATA_FORMAT: \S+broken\.json is not valid JSON \(.*\); give an array of objects, or one object on each line\./,
  ],
  [
    'table.parquet',
    'width,class\n1,a\n',
    parquet('table.parquet'),
    /DATA_FORMAT: \S+table\.parquet does not start with PAR1, so it is no Parquet file; check the path\./,
  ],
  [
    'short.parquet',
    'PAR1 and then nothing more',
    parquet('short.parquet'),
    /DATA_TRUNCATED: \S+short\.parquet is cut short: it does not end with PAR1; download the file again\./,
  ],
  [
    'short.npy',
    npyFile('<f4', '(2, 3)', 20),
    npy('short.npy'),
    /DATA_TRUNCATED: \S+short\.npy is cut short: 24 bytes expected, 20 found; save or download it again\./,
  ],
  [
    'big-endian.npy',
    npyFile('>f8', '(2,)', 16),
    npy('big-endian.npy'),
    /DATA_FORMAT: \S+big-endian\.npy is big-endian \(>f8\); save a\.astype\('<f8'\) instead\./,
  ],
  [
    'more.npy',
    npyFile('<f4', '(3, 2)', 24),
    npy('more.npy'),
    /DATA_MISMATCH: \S+more\.npy holds 3 samples but \S+targets\.npy holds 2; give arrays of the same samples\./,
  ],
];

/** An NPY file of version 1.0 whose elements are `bytes` zeros. */
function npyFile(descr: string, shape: string, bytes: number): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`;
  const start = Buffer.from('\x93NUMPY\x01\x00..', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header), new Uint8Array(bytes)]);
}

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
  place.write('targets.npy', npyFile('<i8', '(2,)', 16));
  for (const [name, content, settings] of otherCases) {
    place.write(name, content);
    place.config(`${name}.config.json`, { data: settings });
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

  it.each(otherCases)('the file %s', async (name, _content, _settings, said) => {
    await expectRefusal(`${name}.config.json`, said);
  });

  it.each(csvCases)('the table %s', async (name, _content, said) => {
    await expectRefusal(`${name}.json`, said);
  });
});
