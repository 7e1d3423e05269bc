/** `hivegrad evaluate` against the last lines of `hivegrad train`, and the words of help. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hivegrad, killAll, succeed } from '../support/cli.ts';
import type { Workplace } from '../support/files.ts';
import { checkpointsOf, createWorkplace, smallConfig } from '../support/files.ts';

let place: Workplace;
let trained: string[];
beforeAll(async () => {
  place = createWorkplace();
  const config = place.config('small.json');
  trained = lines(await succeed(['train', config, '--out', place.path('run')]));
});
afterAll(() => {
  killAll();
  place.remove();
});

function lines(text: string): string[] {
  return text.trimEnd().split('\n');
}

describe.concurrent('hivegrad evaluate', () => {
  it("repeats the last lines of training for the run's directory and for its last checkpoint", async () => {
    expect(trained.at(-2)).toMatch(/^test accuracy \d+\.\d\d %, test loss [\d.]+$/);
    expect(trained).toContain(`report ${place.path('run', 'report.html')}`);
    expect(trained.filter((line) => line.startsWith('Confusion matrix'))).toHaveLength(1);
    const checkpoint = place.path('run', 'checkpoints', checkpointsOf(place.path('run')).at(-1)!);
    for (const [path, ...flags] of [
      [place.path('run'), '--threads', '2'],
      [checkpoint, '--threads', '3', '--kernels', 'plain'],
    ] as const) {
      const [what, ...figures] = lines(await succeed(['evaluate', path, ...flags]));
      expect(what).toBe(`${checkpoint}, step 60, on 200 samples`);
      expect(figures).toEqual(trained.filter((line) => !line.startsWith('report ')));
    }
  });

  it('answers with --json what the training left in evaluation.json', async () => {
    const json = await succeed(['evaluate', place.path('run'), '--json']);
    expect(json).toBe(readFileSync(place.path('run', 'evaluation.json'), 'utf8'));
    expect(JSON.parse(json)).toMatchObject({ kind: 'classes', samples: 200 });
  });

  it('says that there is no validation part', async () => {
    const { code, stderr } = await hivegrad(['evaluate', place.path('run'), '--on', 'validation']);
    expect(stderr).toMatch(/CONFIG_INVALID: There is no validation part: validationFraction is 0\./);
    expect(code).toBe(2);
  });

  it('takes the training part on request, or the data of another configuration', async () => {
    const onTrain = lines(await succeed(['evaluate', place.path('run'), '--on', 'train']));
    expect(onTrain[0]).toMatch(/on 480 samples$/);
    expect(onTrain.at(-2)).toMatch(/^train accuracy \d+\.\d\d %, train loss [\d.]+$/);
    expect(onTrain.at(-1)).toBe(trained.at(-1));
    const { data } = smallConfig;
    const swapped = place.config('swapped.json', { data: { ...data, test: data.train } });
    const other = lines(await succeed(['evaluate', place.path('run'), '--config', swapped]));
    expect(other.at(-2)).toBe(onTrain.at(-2)!.replaceAll('train', 'test'));
    expect(other.slice(1, -2)).toEqual(onTrain.slice(1, -2));
  });
});

describe.concurrent('help', () => {
  it.each([
    [['--help'], 'hivegrad train mnist.json'],
    [['train', '--help'], 'hivegrad train --resume'],
    [['help', 'train'], 'hivegrad train --resume'],
    [['evaluate', '--help'], 'hivegrad evaluate runs/mnist'],
    [['predict', '--help'], 'hivegrad predict runs/iris new.csv'],
    [['export', '--help'], 'hivegrad export'],
    [['inspect', '--help'], 'hivegrad inspect'],
    [['bench', '--help'], 'hivegrad bench'],
  ])('of %j shows examples', async (args, example) => {
    const help = await succeed(args);
    expect(help).toMatch(/^Usage: hivegrad/);
    expect(help.slice(help.indexOf('\nExamples:\n'))).toContain(`  ${example}`);
  });

  it('tells the version', async () => {
    expect(await succeed(['--version'])).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('is what a command without arguments shows, as a mistake', async () => {
    const { code, stdout, stderr } = await hivegrad([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: hivegrad/);
  });
});
