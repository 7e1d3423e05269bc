import { describe, expect, it } from 'vitest';
import { answerText, type OutputFormat } from './text.ts';

const classes = { kind: 'classes', names: ['ant', 'bee, "queen"', 'cat'] } as const;
const values = { kind: 'values', names: ['width', 'height'] } as const;

function lines(
  format: OutputFormat,
  loss: Parameters<typeof answerText>[1],
  target: Parameters<typeof answerText>[2],
  rows: readonly number[],
) {
  const text = answerText(format, loss, target);
  const written = new TextDecoder().decode(
    text.lines(Float32Array.from(rows), rows.length / target.names.length),
  );
  return { header: text.header, lines: written };
}

describe('answers as text', () => {
  it('of classes are the likeliest one, the first of equals, and the probability of each', () => {
    const { header, lines: csv } = lines('csv', 'softmaxCrossEntropy', classes, [
      0.25,
      0.5,
      0.25,
      1 / 3,
      1 / 3,
      1 / 3,
    ]);
    expect(header).toBe('prediction,p_ant,"p_bee, ""queen""",p_cat\n');
    expect(csv).toBe('"bee, ""queen""",0.250000,0.500000,0.250000\nant,0.333333,0.333333,0.333333\n');
    const json = lines('jsonl', 'softmaxCrossEntropy', classes, [0, 0, 1]);
    expect(json.header).toBe('');
    expect(JSON.parse(json.lines)).toEqual({
      prediction: 'cat',
      probabilities: { ant: 0, 'bee, "queen"': 0, cat: 1 },
    });
  });

  it('write a probability with six decimals, rounded to the nearest', () => {
    const numbers = [0, 1, 0.9999994, 0.9999996, 0.0000004, 0.0000006, 0.123456, 0.1000001];
    const target = { kind: 'values', names: ['p'] } as const;
    expect(lines('csv', 'binaryCrossEntropy', target, numbers).lines.trimEnd().split('\n')).toEqual([
      '0.000000',
      '1.000000',
      '0.999999',
      '1.000000',
      '0.000000',
      '0.000001',
      '0.123456',
      '0.100000',
    ]);
  });

  it('of several outputs are a probability for each', () => {
    expect(lines('csv', 'binaryCrossEntropy', values, [0.5, 0.25])).toEqual({
      header: 'p_width,p_height\n',
      lines: '0.500000,0.250000\n',
    });
    expect(JSON.parse(lines('jsonl', 'binaryCrossEntropy', values, [0.5, 0.25]).lines)).toEqual({
      probabilities: { width: 0.5, height: 0.25 },
    });
  });

  it('of values are numbers in the unit of the data, with as many digits as a float32 has', () => {
    expect(lines('csv', 'squaredError', values, [0.1, -2e-9])).toEqual({
      header: 'width,height\n',
      lines: '0.1,-2e-9\n',
    });
    const scaled = { ...values, means: [23, 0], deviations: [8, 1] };
    expect(JSON.parse(lines('jsonl', 'squaredError', scaled, [0.5, 1]).lines)).toEqual({
      width: 27,
      height: 1,
    });
  });

  it('grow with the rows and say nothing of none', () => {
    const text = answerText('csv', 'softmaxCrossEntropy', classes);
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    expect(decode(text.lines(Float32Array.of(1, 0, 0), 1))).toBe('ant,1.000000,0.000000,0.000000\n');
    expect(decode(text.lines(Float32Array.of(1, 0, 0, 0, 0, 1), 2))).toBe(
      'ant,1.000000,0.000000,0.000000\ncat,0.000000,0.000000,1.000000\n',
    );
    expect(text.lines(new Float32Array(0), 0)).toHaveLength(0);
  });
});
