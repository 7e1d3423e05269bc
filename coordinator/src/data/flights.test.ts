import { describe, expect, it } from 'vitest';
import { flightColumns } from './flights.ts';
import type { Table } from './table.ts';

function flights(rows: readonly (readonly [string, number, number, string])[]): Table {
  const origins = [...new Set(rows.map(([, , , origin]) => origin))];
  const codes = Uint32Array.from(rows, ([, , , origin]) => origins.indexOf(origin));
  const number = (name: string, values: number[]) =>
    ({ kind: 'number', name, values: Float64Array.from(values) }) as const;
  return {
    path: 'flights',
    rows: rows.length,
    columns: [
      number(
        'date',
        rows.map(([date]) => Date.parse(date)),
      ),
      number(
        'delay',
        rows.map(([, delay]) => delay),
      ),
      number(
        'distance',
        rows.map(([, , distance]) => distance),
      ),
      { kind: 'text', name: 'origin', codes, texts: origins },
      { kind: 'text', name: 'destination', codes, texts: origins },
    ],
  };
}

/** Each column as the names of its rows. */
function read(table: Table): Record<string, readonly (string | number | undefined)[]> {
  const { columns } = flightColumns(table);
  return Object.fromEntries(
    columns.map((column) => [
      column.name,
      column.kind === 'text' ? Array.from(column.codes, (code) => column.texts[code]) : [...column.values],
    ]),
  );
}

describe('flightColumns', () => {
  it('makes categories of what is known before take-off, and late of more than 15 minutes', () => {
    const columns = read(
      flights([
        ['2001-01-01T05:59:00Z', 15, 249, 'LAX'],
        ['2001-06-30T23:59:00Z', 16, 250, 'JFK'],
        ['2001-02-28T00:01:00Z', -7, 2000, 'JFK'],
      ]),
    );
    expect(columns).toEqual({
      hour: ['5', '23', '0'],
      weekday: ['Monday', 'Saturday', 'Wednesday'],
      month: ['January', 'June', 'February'],
      distance: ['below 250', 'below 500', 'longer'],
      origin: ['LAX', 'JFK', 'JFK'],
      destination: ['LAX', 'JFK', 'JFK'],
      late: [0, 1, 0],
    });
  });

  it('counts midnight to the day that ends', () => {
    const { hour, weekday, month } = read(flights([['2001-07-01T00:00:00Z', 0, 1, 'LAX']]));
    expect([hour, weekday, month]).toEqual([['23'], ['Saturday'], ['June']]);
  });

  it('names the 50 busiest airports and calls the others other', () => {
    const name = (index: number) => `A${String(index).padStart(2, '0')}`;
    const rows = Array.from({ length: 52 }, (_, airport) =>
      Array.from(
        { length: airport < 2 ? 1 : 2 },
        () => ['2001-01-01T05:00:00Z', 0, 1, name(airport)] as const,
      ),
    ).flat();
    const { declared } = flightColumns(flights(rows));
    expect(declared.get('origin')).toEqual([
      ...Array.from({ length: 50 }, (_, index) => name(index + 2)),
      'other',
    ]);
    expect(read(flights(rows)).origin?.slice(0, 3)).toEqual(['other', 'other', 'A02']);
  });
});
