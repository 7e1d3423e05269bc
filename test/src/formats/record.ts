/** Writes the committed checkpoint and PyTorch's answers anew: `npm run build && node test/dist/formats/record.js`. */

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { digestIn, succeed } from '../support/cli.ts';
import { uniform } from '../support/datasets.ts';
import { checkpointsOf, createWorkplace } from '../support/files.ts';
import { askPython } from '../support/python.ts';
import { type Answer, fixtureChanges, fixturePath, recordPath } from './fixture.ts';

const ROWS = 10;
const WIDTH = 16;

const place = createWorkplace();
try {
  const run = place.path('run');
  const printed = await succeed(['train', place.config('fixture.json', fixtureChanges), '--out', run]);
  mkdirSync(dirname(fixturePath), { recursive: true });
  copyFileSync(place.path('run', 'checkpoints', checkpointsOf(run).at(-1)!), fixturePath);
  const random = uniform(3);
  const rows = Array.from({ length: ROWS }, () =>
    Array.from({ length: WIDTH }, () => Math.floor(random() * 256)),
  );
  const answer = askPython('forward.py', [fixturePath], JSON.stringify(rows)) as Answer | undefined;
  if (answer === undefined) throw new Error('PyTorch is needed to record its answers');
  const { torch, outputs } = answer;
  const lines = (matrix: readonly (readonly number[])[]) =>
    matrix.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
  const digest = digestIn(printed);
  const text = `{\n  "torch": ${JSON.stringify(torch)},\n  "weightsSha256": "${digest}",\n  "rows": [\n${lines(rows)}\n  ],\n  "outputs": [\n${lines(outputs)}\n  ]\n}\n`;
  writeFileSync(recordPath, text);
  process.stdout.write(`recorded ${fixturePath} and ${recordPath} with PyTorch ${torch}\n`);
} finally {
  place.remove();
}
