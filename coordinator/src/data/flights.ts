/**
 * Flights of January to June 2001 in the United States (flights-3m.parquet of the npm package `vega-datasets`, from
 * the Bureau of Transportation Statistics): does a flight arrive more than 15 minutes late, as the Bureau counts
 * delays? Features are what is known at take-off: hour, weekday, month, distance and the two airports. The day itself
 * is none of them: a network that has seen other flights of the same day would only remember its weather. The time in
 * the file is that of the actual departure (its minutes are no multiples of five, as scheduled ones are), of which
 * the hour alone is used.
 *
 * Every feature is a category, so a row is some 150 bytes and three million rows are less than half a gigabyte.
 */

import type { DataSplit } from '@hivegrad/shared/data/dataset';
import { availableMemory } from './memory.ts';
import { openParquet } from './parquet-table.ts';
import type { LoadOptions } from './spec.ts';
import { columnOf, type NumberColumn, type Table, type TableColumn, type TextColumn } from './table.ts';
import { loadTable } from './table-load.ts';
import { NAMED_DEFAULTS, type NamedOptions, vegaFile, vegaOrigin } from './vega.ts';

const LATE_MINUTES = 15;
/** Airports with fewer flights share the category "other"; three quarters of the flights leave from these. */
const AIRPORTS_NAMED = 50;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour));
const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June'];
/** Upper ends of the bands, in miles. */
const DISTANCES = [250, 500, 750, 1000, 1500, 2000];
const BANDS = [...DISTANCES.map((miles) => `below ${miles}`), 'longer'];
const OTHER = 'other';

/** One target, `late`, which is 1 or 0: the loss is binaryCrossEntropy over one output. */
export async function loadFlights(
  { testFraction }: NamedOptions,
  load: LoadOptions,
  searchFrom?: readonly string[],
): Promise<DataSplit> {
  const path = vegaFile('flights-3m.parquet', searchFrom);
  const file = await openParquet(path, load.memoryBytes ?? availableMemory());
  const { columns, declared } = flightColumns(
    await file.read(['date', 'delay', 'distance', 'origin', 'destination']),
  );
  const rows = columns[0]?.kind === 'text' ? columns[0].codes.length : 0;
  const names = columns.map(({ name }) => name);
  const train = { path, names, read: () => Promise.resolve({ path, rows, columns }) };
  // No cell of the file is empty, so nothing is asked about missing ones.
  const options = {
    ...NAMED_DEFAULTS,
    testFraction,
    target: ['late'],
    task: 'values',
    missing: 'refuse',
  } as const;
  const origin = vegaOrigin('flights-3m.parquet');
  return loadTable({ format: 'Flights', origin, train, options, declared, bytes: true }, load);
}

/** What the network sees and answers, of the columns of the file. Exported for its test. */
export function flightColumns(table: Table): {
  columns: TableColumn[];
  declared: Map<string, readonly string[]>;
} {
  const times = numbers(table, 'date');
  const hours = category('hour', HOURS, times.map(hourOf));
  const weekdays = category('weekday', WEEKDAYS, times.map(weekdayOf));
  const months = category(
    'month',
    MONTHS,
    times.map((time) => new Date(departure(time)).getUTCMonth()),
  );
  const distances = category('distance', BANDS, numbers(table, 'distance').map(bandOf));
  const origins = airports(table, 'origin');
  const destinations = airports(table, 'destination');
  const late: NumberColumn = {
    kind: 'number',
    name: 'late',
    values: numbers(table, 'delay').map((minutes) => (minutes > LATE_MINUTES ? 1 : 0)),
  };
  const categories = [hours, weekdays, months, distances, origins, destinations];
  return {
    columns: [...categories, late],
    declared: new Map(categories.map(({ name, texts }) => [name, texts])),
  };
}

function numbers(table: Table, name: string): Float64Array {
  const column = columnOf(table, name);
  if (column.kind === 'text') throw new Error(`the column ${name} of ${table.path} holds texts`);
  return column.values;
}

function category(name: string, texts: readonly string[], codes: ArrayLike<number>): TextColumn {
  return { kind: 'text', name, texts, codes: Uint32Array.from(codes) };
}

/** The file writes midnight as the first minute of the next day, but it belongs to the day that ends. */
function departure(time: number): number {
  return time % DAY === 0 ? time - MINUTE : time;
}

function hourOf(time: number): number {
  return Math.floor((departure(time) % DAY) / HOUR);
}

/** 1 January 1970 was a Thursday. */
function weekdayOf(time: number): number {
  return (Math.floor(departure(time) / DAY) + 3) % 7;
}

function bandOf(miles: number): number {
  const band = DISTANCES.findIndex((end) => miles < end);
  return band === -1 ? DISTANCES.length : band;
}

/** The busiest airports by name, in the order of the alphabet, and "other". */
function airports(table: Table, name: string): TextColumn {
  const column = columnOf(table, name);
  if (column.kind === 'number') throw new Error(`the column ${name} of ${table.path} holds numbers`);
  const { codes, texts } = column;
  const counts = new Float64Array(texts.length);
  for (const code of codes) counts[code]! += 1;
  const busiest = Array.from(texts.keys()).sort(
    (a, b) => counts[b]! - counts[a]! || (texts[a]! < texts[b]! ? -1 : 1),
  );
  const named = busiest.slice(0, AIRPORTS_NAMED).map((code) => texts[code]!);
  const categories = [...named.sort(), OTHER];
  const positions = texts.map((text) => {
    const position = categories.indexOf(text);
    return position === -1 ? categories.length - 1 : position;
  });
  return category(
    name,
    categories,
    codes.map((code) => positions[code]!),
  );
}
