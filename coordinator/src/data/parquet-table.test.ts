import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureOf, writeTestFiles } from './fixtures.test.support.ts';
import { type ParquetFixture, parquetFile } from './parquet.test.support.ts';
import { openParquet } from './parquet-table.ts';

const PLENTY = 2 ** 40;

async function read(name: ParquetFixture, wanted?: readonly string[]) {
  const directory = writeTestFiles({ 't.parquet': parquetFile(name) });
  const file = await openParquet(join(directory, 't.parquet'), PLENTY);
  return file.read(wanted ?? file.names);
}

async function failure(content: Uint8Array, wanted?: readonly string[], memory = PLENTY): Promise<string> {
  const directory = writeTestFiles({ 't.parquet': content });
  const work = async () => {
    const file = await openParquet(join(directory, 't.parquet'), memory);
    return file.read(wanted ?? file.names);
  };
  return failureOf(work(), directory);
}

describe('openParquet', () => {
  it('reads numbers of every kind, texts, dates and nulls, over several groups of rows', async () => {
    const { rows, columns } = await read('types');
    expect(rows).toBe(4);
    const number = (name: string, values: number[], missing?: number[]) => ({
      kind: 'number',
      name,
      values: Float64Array.from(values),
      ...(missing === undefined ? {} : { missing: Uint8Array.from(missing) }),
    });
    expect(columns).toEqual([
      number('count', [1, 0, -3, 4], [0, 1, 0, 0]),
      number('small', [200, 1, 2, 3]),
      number('ratio', [0.5, Number.NaN, 1e10, -2]),
      number('flag', [1, 0, 0, 1], [0, 0, 1, 0]),
      { kind: 'text', name: 'name', codes: Uint32Array.of(0, 1, 2, 0), texts: ['a', 'b', ''] },
      number('day', [86_400_000, 0, Date.UTC(2001, 0, 1), -86_400_000], [0, 1, 0, 0]),
      number('time', [1.5, 2000, 0, -1], [0, 0, 1, 0]),
      number('price', [1.25, -2.5, 0, 0], [0, 0, 1, 0]),
    ]);
  });

  it.each(['snappy', 'gzip', 'brotli', 'lz4'] as const)('reads a file compressed with %s', async (name) => {
    const { columns } = await read(name);
    expect(columns[0]).toMatchObject({ values: Float64Array.from({ length: 100 }, (_, i) => i) });
    expect(columns[1]).toMatchObject({ texts: ['u', 'v'] });
  });

  it('reads wanted columns alone, so that others may be of any kind', async () => {
    const { columns } = await read('nested', ['y', 'a']);
    expect(columns.map(({ name }) => name)).toEqual(['y', 'a']);
    for (const name of ['point', 'list']) {
      expect(await failure(parquetFile('nested'), [name])).toBe(
        `DATA_FORMAT t.parquet: the column "${name}" is nested; write its values as columns of their own, or ignore it.`,
      );
    }
    expect(await failure(parquetFile('nested'), ['raw'])).toBe(
      'DATA_FORMAT t.parquet, row 1: the column "raw" holds bytes, which are no number and no text; convert it, or ' +
        'ignore the column.',
    );
  });

  it('refuses files that are empty, cut short, without rows or no Parquet', async () => {
    const whole = parquetFile('snappy');
    expect(await failure(new Uint8Array(0))).toBe('DATA_EMPTY t.parquet is empty; download the file again.');
    expect(await failure(whole.subarray(0, whole.length - 9))).toMatch(
      /^DATA_TRUNCATED t\.parquet is cut short: it does not end with PAR1; download/,
    );
    expect(await failure(whole.subarray(0, 4))).toMatch(/^DATA_TRUNCATED/);
    expect(await failure(Buffer.from('a,b\n1,2\n'))).toMatch(
      /^DATA_FORMAT t\.parquet does not start with PAR1, so it is no Parquet file; check/,
    );
    expect(await failure(parquetFile('empty'))).toMatch(/^DATA_EMPTY t\.parquet holds no rows/);
  });

  it('says of damaged pages and metadata that the file is damaged', async () => {
    const pages = parquetFile('snappy');
    pages.fill(0xee, 20, 60);
    const metadata = parquetFile('snappy');
    metadata.fill(0xff, metadata.length - 200, metadata.length - 20);
    const length = parquetFile('snappy');
    length[length.length - 5] = 0x7f;
    for (const damaged of [pages, metadata, length]) {
      expect(await failure(damaged)).toMatch(/^DATA_(?:FORMAT|EMPTY) t\.parquet /);
    }
  });

  it('refuses more rows than fit in memory, before it reads one', async () => {
    expect(await failure(parquetFile('snappy'), undefined, 1799)).toBe(
      'DATA_TOO_LARGE t.parquet does not fit in memory: 100 rows of 2 columns take 1.76 KiB, and there are 1.76 KiB; ' +
        'use fewer rows or columns, or a larger machine.',
    );
  });
});
