/**
 * A matrix of counts as a map: rows are the truth, columns the answer. The diagonal has one tint, by the share of the
 * row; mistakes have another, by the share of the most frequent one, so that a few mistakes among many right answers
 * are seen. The counts stand in the cells as long as they have room.
 */

import { formatCount, formatPercent } from '../../cli/format.ts';
import { type Chart, text, textWidth } from './chart.ts';
import { tintMax } from './colours.ts';
import { coordinate, element, escapeText } from './markup.ts';

export interface HeatMapOptions {
  readonly title: string;
  readonly description: string;
  /** Of rows and columns. */
  readonly names: readonly string[];
  /** matrix[row][column], at least 0. */
  readonly matrix: readonly (readonly number[])[];
  readonly rowLabel: string;
  readonly columnLabel: string;
  /** Default 480; the cells are squares. */
  readonly width?: number;
}

/** Cells below this many pixels hold no text. */
const TEXT_CELL_MIN = 24;
const NAME_ROOM_MAX = 110;

export function heatMap(options: HeatMapOptions): Chart {
  const { names, matrix, width = 480 } = options;
  const longest = Math.max(1, ...names.map((name) => textWidth(name)));
  const left = Math.min(NAME_ROOM_MAX, longest) + 32;
  const cell = Math.min(72, (width - left - 8) / Math.max(1, names.length));
  const upright = longest <= cell - 4;
  const top = (upright ? 18 : Math.min(NAME_ROOM_MAX, longest) + 6) + 24;
  const side = cell * names.length;
  const worst = Math.max(0, ...matrix.flatMap((row, i) => row.filter((_, j) => i !== j)));
  // Where names are closer than lines of text, only some are written.
  const stride = Math.max(1, Math.ceil(12 / cell));
  const shown = names.map((name, i) => ({ name: fitted(name), i })).filter(({ i }) => i % stride === 0);
  const body = [
    text(options.columnLabel, {
      x: coordinate(left + side / 2),
      y: 12,
      'text-anchor': 'middle',
      class: 'label',
    }),
    text(options.rowLabel, {
      transform: `translate(12 ${coordinate(top + side / 2)}) rotate(-90)`,
      'text-anchor': 'middle',
      class: 'label',
    }),
    ...shown.map(({ name, i }) => columnName(name, left + (i + 0.5) * cell, top - 8, upright)),
    ...shown.map(({ name, i }) =>
      text(name, {
        x: coordinate(left - 8),
        y: coordinate(top + (i + 0.5) * cell + 4),
        'text-anchor': 'end',
      }),
    ),
    ...matrix.map((row, i) => rowCells(row, { i, left, top, cell, worst, names })),
    element('rect', {
      x: coordinate(left),
      y: top,
      width: coordinate(side),
      height: coordinate(side),
      class: 'cell',
    }),
  ].join('');
  const height = Math.ceil(top + side + 8);
  return { width, height, title: options.title, description: options.description, body };
}

interface CellPlace {
  readonly i: number;
  readonly left: number;
  readonly top: number;
  readonly cell: number;
  readonly worst: number;
  readonly names: readonly string[];
}

function rowCells(row: readonly number[], { i, left, top, cell, worst, names }: CellPlace): string {
  const total = row.reduce((sum, count) => sum + count, 0);
  const parts = row.map((count, j) => {
    // A cell without samples is empty: most are, and a page with many classes stays small.
    if (count === 0) return '';
    const tint = i === j ? count / total : Math.sqrt(count / worst);
    const label = `${names[i]} taken for ${names[j]}: ${formatCount(count)} (${formatPercent(count / total)})`;
    const [x, y] = [left + j * cell, top + i * cell];
    const place = { x: coordinate(x), y: coordinate(y), width: coordinate(cell), height: coordinate(cell) };
    const fill = { class: i === j ? 'right' : 'wrong', 'fill-opacity': (tint * tintMax).toFixed(3) };
    const square = element('rect', { ...place, ...fill }, element('title', {}, escapeText(label)));
    const number = formatCount(count);
    if (cell < TEXT_CELL_MIN || textWidth(number, 10) > cell) return square;
    const small = textWidth(number) > cell - 4 ? 'small' : undefined;
    const at = {
      x: coordinate(x + cell / 2),
      y: coordinate(y + cell / 2 + 4),
      'text-anchor': 'middle',
      class: small,
    };
    return square + text(number, at);
  });
  return parts.join('');
}

function columnName(name: string, x: number, y: number, upright: boolean): string {
  if (upright) return text(name, { x: coordinate(x), y, 'text-anchor': 'middle' });
  return text(name, { transform: `translate(${coordinate(x + 4)} ${y}) rotate(-90)` });
}

function fitted(name: string): string {
  const characters = Array.from(name);
  const room = Math.floor(NAME_ROOM_MAX / textWidth('n'));
  return characters.length <= room ? name : `${characters.slice(0, room - 1).join('')}…`;
}
