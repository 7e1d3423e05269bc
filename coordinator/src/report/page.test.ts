import { describe, expect, it } from 'vitest';
import { evaluateBinary } from '../metrics/binary.ts';
import { evaluateClasses } from '../metrics/classes.ts';
import type { MetricsRecord } from '../metrics/record.ts';
import { evaluateValues } from '../metrics/values.ts';
import { all, cellsOf, type Node, named, parseMarkup } from './markup.test.support.ts';
import { type ReportInput, reportPage } from './page.ts';

const HOSTILE = `</style><script src="http://x.test/a.js">alert('1')</script>&amp;\u0007`;
const records: readonly MetricsRecord[] = [1, 2, 3].flatMap((epoch): MetricsRecord[] => [
  {
    step: epoch * 10 - 5,
    epoch,
    kind: 'train',
    seconds: epoch - 0.5,
    loss: 1 / epoch,
    accuracy: 0.5,
    learningRate: 0.1,
  },
  {
    step: epoch * 10,
    epoch,
    kind: 'epoch',
    seconds: epoch,
    train: { loss: 1 / epoch, accuracy: 0.6 },
    validation: { loss: 0.5 + (epoch - 2) ** 2, accuracy: 0.7 },
    test: { loss: 0.625 + epoch, accuracy: 0.75 },
  },
]);
const input: ReportInput = {
  name: 'my run',
  records,
  weightsDigest: 'ab'.repeat(32),
  layers: [
    { name: 'layers.0', kind: 'dense, relu', output: '(batch, 16)', parameters: 1234 },
    { name: 'layers.1', kind: 'dense, identity', output: '(batch, 3)', parameters: 51 },
  ],
  loss: 'softmaxCrossEntropy',
  optimizer: { type: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0 },
  schedule: { type: 'step', warmupSteps: 5, everySteps: 1000, factor: 0.5 },
  clipping: { type: 'norm', limit: 2 },
  batchSize: 48,
  shardSize: 16,
  seed: 7,
  epochs: 9,
  stepsPerEpoch: 10,
  data: 'CSV: 480 training and 4 test samples',
  outcome: 'stoppedEarly',
  bestEpoch: 2,
  config: { name: 'my run', model: { loss: 'x' } },
  place: [['Started', '2025-01-02 03:04:05 UTC']],
};
const classes = (names: readonly string[]) =>
  evaluateClasses(Float32Array.of(1, 0, 0, 1, 0, 1, 1, 0), Uint32Array.of(0, 1, 1, 1), names);

const page = (changes: Partial<ReportInput> = {}) => parseMarkup(reportPage({ ...input, ...changes }));
const facts = (node: Node) =>
  Object.fromEntries(
    named(node, 'dl').flatMap((list) =>
      named(list, 'div').map(({ children }) => [children[0]!.text, children[1]!.text]),
    ),
  );
const headline = (node: Node) => all(node, ({ attributes }) => attributes.class === 'headline')[0]!.text;
const captions = (node: Node) => named(node, 'figcaption').map(({ text }) => text);
const tableOf = (node: Node, caption: RegExp) =>
  cellsOf(named(node, 'table').find((table) => caption.test(table.text))!);

describe('reportPage', () => {
  it('says what was trained and how, with the numbers of the records', () => {
    const node = page();
    expect(named(node, 'h1')[0]!.text).toBe('my run');
    expect(headline(node)).toBe('75.00 % test accuracy');
    expect(facts(node)).toMatchObject({
      'Test loss': '2.625',
      Epochs: '9, of 10 steps each',
      'Best epoch': '2',
      Steps: '30',
      Parameters: '1,285',
      'Time of training': '3.0 s',
      Loss: 'softmax cross entropy',
      Optimizer: 'sgd, learning rate 0.1, momentum 0.9, nesterov',
      Schedule: 'step, times 0.5 every 1,000 steps, after 5 steps of warm-up',
      Clipping: 'the norm of the gradient to 2',
      Batch: '48 samples in shards of 16',
      Seed: '7',
      Started: '2025-01-02 03:04:05 UTC',
    });
    expect(node.text).toContain(`Ended by early stopping. Weights sha256 ${'ab'.repeat(32)}`);
    expect(tableOf(node, /^Layers; 5.14 kB/)).toEqual([
      ['Layer', 'Type', 'Output', 'Parameters'],
      ['layers.0', 'dense, relu', '(batch, 16)', '1,234'],
      ['layers.1', 'dense, identity', '(batch, 3)', '51'],
      ['Sum', '', '', '1,285'],
    ]);
    expect(named(node, 'pre')[0]!.text).toBe(JSON.stringify(input.config, null, 2));
  });

  it('draws loss and accuracy, marks the best epoch, and lists all epochs', () => {
    const node = page();
    expect(captions(node)).toEqual(['Loss', 'Accuracy']);
    const [loss] = named(node, 'svg');
    const labels = named(loss!, 'text').map(({ text }) => text);
    expect(labels).toEqual(expect.arrayContaining(['training', 'validation', 'test', 'best: epoch 2']));
    const dots = named(loss!, 'circle').map(({ text }) => text);
    expect(dots).toContain('validation, epoch 2: 0.5000');
    expect(dots).toContain('test, epoch 3: 3.625');
    expect(tableOf(node, /^Means of each epoch; the best is 2/)).toEqual([
      [
        'Epoch',
        'training loss',
        'training accuracy',
        'validation loss',
        'validation accuracy',
        'test loss',
        'test accuracy',
      ],
      ['1', '1.000', '60.00 %', '1.500', '70.00 %', '1.625', '75.00 %'],
      ['2', '0.5000', '60.00 %', '0.5000', '70.00 %', '2.625', '75.00 %'],
      ['3', '0.3333', '60.00 %', '1.500', '70.00 %', '3.625', '75.00 %'],
    ]);
    const [strong] = all(node, ({ name, attributes }) => name === 'tr' && attributes.class === 'strong');
    expect(strong!.children[0]!.text).toBe('2');
  });

  it('draws the learning rate where it varies', () => {
    const varied = records.map((record) =>
      record.kind === 'train' ? { ...record, learningRate: 1 / record.step } : record,
    );
    expect(captions(page({ records: varied }))).toEqual(['Loss', 'Accuracy', 'Learning rate']);
  });

  it('shows classes as a map, their scores and the mistakes, and their accuracy first', () => {
    const node = page({ evaluation: classes(['yes', 'no']), evaluatedPart: 'validation' });
    expect(headline(node)).toBe('75.00 % validation accuracy');
    expect(captions(node).slice(2)).toEqual(['Confusion matrix', 'Most frequent mistakes']);
    expect(named(node, 'h2').map(({ text }) => text)).toContain('Results on the validation samples');
    expect(tableOf(node, /^Scores of each class/).slice(1)).toEqual([
      ['yes', '50.00 %', '100.00 %', '66.67 %', '1'],
      ['no', '100.00 %', '66.67 %', '80.00 %', '3'],
    ]);
    expect(node.text).toContain('no taken for yes: 1 (33.33 %)');
  });

  it('shows probabilities with an ROC curve', () => {
    const evaluation = evaluateBinary(Float32Array.of(0.9, 0.6, 0.7, 0.2), Float32Array.of(1, 1, 0, 0), [
      'ill',
    ]);
    const node = page({ evaluation, loss: 'binaryCrossEntropy' });
    expect(captions(node).at(-1)).toBe('ROC curve, area 0.7500');
    expect(facts(node)['Area under ROC']).toBe('0.7500');
    expect(tableOf(node, /^Counts/)[1]).toEqual(['ill', '2', '1', '1', '0']);
    expect(tableOf(node, /^Scores/)[1]!.slice(0, 4)).toEqual(['ill', '75.00 %', '0.7500', '66.67 %']);
  });

  it('shows values against the truth, in their unit', () => {
    const units = { names: ['mpg'], means: [20], deviations: [10] };
    const evaluation = evaluateValues(Float32Array.of(0, 1, 2), Float32Array.of(0, 1, 3), units);
    const node = page({ evaluation, loss: 'squaredError' });
    expect(headline(node)).toBe('5.774 test RMSE, mpg');
    expect(captions(node).at(-1)).toBe('mpg: RMSE 5.774, R² 0.7857');
    expect(tableOf(node, /^Errors on 3 samples/)[1]).toEqual(['mpg', '5.774', '3.333', '0.7857']);
    expect(named(named(node, 'svg').at(-1)!, 'circle').length).toBe(3);
  });

  it('tells of a run that has not come to the end of an epoch, and of one that has not begun', () => {
    const early = page({ records: records.slice(0, 1) });
    expect(headline(early)).toBe('- no epoch has ended yet');
    expect(named(early, 'path').length).toBe(0);
    expect(captions(page({ records: [] }))).toEqual([]);
  });

  it('is the same text for the same input', () => {
    const evaluation = classes(['a', 'b']);
    expect(reportPage({ ...input, evaluation })).toBe(reportPage({ ...input, evaluation }));
  });
});

describe('a page with names from outside', () => {
  const hostile: ReportInput = {
    ...input,
    name: HOSTILE,
    data: HOSTILE,
    evaluation: classes([HOSTILE, 'b']),
    config: { key: HOSTILE },
    place: [[HOSTILE, HOSTILE]],
    layers: [{ name: HOSTILE, kind: HOSTILE, output: HOSTILE, parameters: 1 }],
  };

  it('shows them as text and runs nothing', () => {
    const text = reportPage(hostile);
    const node = parseMarkup(text);
    expect(named(node, 'script')).toEqual([]);
    expect(text.toLowerCase()).not.toContain('<script');
    expect(named(node, 'h1')[0]!.text).toBe(HOSTILE.replace('\u0007', '\ufffd'));
    expect(tableOf(node, /^Scores of each class/)[1]![0]).toBe(HOSTILE.replace('\u0007', '\ufffd'));
  });

  it('asks nobody for anything: no address in any attribute or style, and a policy that forbids it', () => {
    const node = parseMarkup(reportPage(hostile));
    const attributes = all(node, () => true).flatMap((one) => Object.entries(one.attributes));
    for (const [key, value] of attributes) {
      expect(key).not.toMatch(/^(?:on\w+|src|href|xlink:href|action|style)$/);
      expect(value).not.toMatch(/https?:|url\(|javascript:/i);
    }
    expect(named(node, 'style').map(({ text }) => text.match(/url\(|@import|https?:/))).toEqual([null]);
    const policy = named(node, 'meta').find((meta) => meta.attributes['http-equiv'] !== undefined);
    expect(policy!.attributes.content).toBe("default-src 'none'; style-src 'unsafe-inline'");
  });

  it('uses each id once, and refers to ids that are there', () => {
    const nodes = all(parseMarkup(reportPage(hostile)), () => true);
    const ids = nodes.flatMap(({ attributes }) => attributes.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const references = nodes.flatMap(({ attributes }) => attributes['aria-labelledby']?.split(' ') ?? []);
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) expect(ids).toContain(reference);
  });

  it('has a caption in every table and a scope in every heading of one', () => {
    const node = parseMarkup(reportPage(hostile));
    for (const table of named(node, 'table')) expect(table.children[0]!.name).toBe('caption');
    for (const heading of named(node, 'th')) expect(heading.attributes.scope).toMatch(/^(?:row|col)$/);
  });
});
