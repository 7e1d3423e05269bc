/**
 * A table in memory, whatever file it came from: columns of numbers, or of texts kept once each and named by
 * codes, so that three million rows cost a few bytes per cell and no object. An empty or absent cell is *missing*:
 * a blank text, or a number that its column marks.
 */

export interface NumberColumn {
  readonly kind: 'number';
  readonly name: string;
  /** One per row; of no meaning where `missing` is 1. */
  readonly values: Float64Array;
  /** One per row, 1 where the cell holds nothing; absent where every cell is filled. */
  readonly missing?: Uint8Array;
}

export interface TextColumn {
  readonly kind: 'text';
  readonly name: string;
  /** One per row: an index into `texts`. */
  readonly codes: Uint32Array;
  /** The distinct texts of the column; a blank one is a missing cell. */
  readonly texts: readonly string[];
}

export type TableColumn = NumberColumn | TextColumn;

export interface Table {
  readonly path: string;
  readonly rows: number;
  readonly columns: readonly TableColumn[];
  /** Line of the file on which each row starts, from 1; absent where rows are only counted. */
  readonly lines?: Uint32Array;
}

/** A table whose columns are known before its cells are read. */
export interface TableFile {
  readonly path: string;
  /** All different, at least one. */
  readonly names: readonly string[];
  /** Reads the columns that are wanted; each is one of `names`. */
  read(wanted: readonly string[]): Promise<Table>;
}

/** Some rows of a table in some order: the training, the validation or the test part. */
export interface TablePart {
  readonly table: Table;
  /** Indices of rows. */
  readonly rows: Uint32Array;
}

/** "line 7" of a text file, "row 7" of another; both count from 1. */
export function placeOfRow(table: Table, row: number): string {
  const line = table.lines?.[row];
  return line === undefined ? `row ${row + 1}` : `line ${line}`;
}

/** The column of that name; that it exists was checked when the file was opened. */
export function columnOf(table: Table, name: string): TableColumn {
  const column = table.columns.find((each) => each.name === name);
  if (column === undefined) throw new Error(`no column ${name} in ${table.path}`);
  return column;
}

/** Whether the cell is empty or absent. */
export function isMissing(column: TableColumn, row: number): boolean {
  if (column.kind === 'number') return column.missing?.[row] === 1;
  return (column.texts[column.codes[row] ?? 0] ?? '').trim() === '';
}

/** The rows, in order, that miss none of the named cells. */
export function completeRows(table: Table, names: readonly string[]): Uint32Array {
  const incomplete = new Uint8Array(table.rows);
  let count = table.rows;
  for (const name of names) {
    const column = columnOf(table, name);
    const blank = column.kind === 'text' ? column.texts.map((text) => text.trim() === '') : [];
    if (column.kind === 'number' ? column.missing === undefined : !blank.includes(true)) continue;
    for (let row = 0; row < table.rows; row++) {
      const missing =
        column.kind === 'number' ? column.missing?.[row] === 1 : blank[column.codes[row] ?? 0] === true;
      if (!missing || incomplete[row] === 1) continue;
      incomplete[row] = 1;
      count--;
    }
  }
  const rows = new Uint32Array(count);
  for (let row = 0, kept = 0; row < table.rows; row++) if (incomplete[row] === 0) rows[kept++] = row;
  return rows;
}

/** Collects u32 of a number that is not known beforehand. */
export interface U32List {
  push(value: number): void;
  /** The values so far, in memory of their own size. */
  take(): Uint32Array;
}

export function u32List(): U32List {
  let values = new Uint32Array(1024);
  let count = 0;
  return {
    push(value) {
      if (count === values.length) {
        const longer = new Uint32Array(2 * count);
        longer.set(values);
        values = longer;
      }
      values[count++] = value;
    },
    take: () => values.slice(0, count),
  };
}

export interface TextCollector {
  push(text: string): void;
  take(): TextColumn;
}

/** Collects the cells of a column of texts, each distinct text once. */
export function textCollector(name: string): TextCollector {
  const known = new Map<string, number>();
  const codes = u32List();
  return {
    push(text) {
      let code = known.get(text);
      if (code === undefined) {
        code = known.size;
        known.set(text, code);
      }
      codes.push(code);
    },
    take: () => ({ kind: 'text', name, codes: codes.take(), texts: [...known.keys()] }),
  };
}
