/**
 * Numbers and tables for people. In: values in plain units (samples, bytes, milliseconds, fractions); out: short
 * text, the same on every machine whatever its language.
 */

/** `1234567` as `1,234,567`; the value is rounded to a whole number. */
export function formatCount(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A loss, a rate or the like with `digits` significant digits: 0.1235, 12.35, 12,346, 1.235e-7. */
export function formatNumber(value: number, digits = 4): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || size === 0) return String(value);
  if (size >= 1e9 || size < 1e-4) return value.toExponential(digits - 1).replace('e+', 'e');
  return size >= 10 ** (digits - 1) ? formatCount(value) : value.toPrecision(digits);
}

/** Decimal units, as disks and networks count: 407 kB is 407,000 bytes. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  // Three digits are shown; 999,600 bytes would round to "1000 kB" and are 1.00 MB.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value >= 999.5 ? formatCount(value) : value.toPrecision(3)} ${units[unit]}`;
}

/** Two units at most: `340 ms`, `7.2 s`, `42 s`, `1 min 12 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  if (Math.round(ms / 100) < 100) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `73,400 samples/s`: three significant digits, since the fourth changes from one second to the next. */
export function formatRate(perSecond: number, what = 'samples'): string {
  if (!Number.isFinite(perSecond)) return `- ${what}/s`;
  const rounded = Number(perSecond.toPrecision(3));
  return `${rounded >= 100 || rounded === 0 ? formatCount(rounded) : rounded.toPrecision(3)} ${what}/s`;
}

/** A fraction as a percentage: 0.9781 is `97.81 %`. */
export function formatPercent(fraction: number, decimals = 2): string {
  return `${(fraction * 100).toFixed(decimals)} %`;
}

export type Alignment = 'left' | 'right';

/** Lines of cells in columns that are as wide as their widest cell, two spaces apart, without trailing spaces. */
export function formatTable(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[] = [],
): string {
  const widths = columnWidths(rows);
  return rows
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0, alignments[column] ?? 'left'))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export interface LayerSummary {
  /** As in checkpoints, e.g. `dense_1`. */
  readonly name: string;
  /** Type and activation, e.g. `dense, relu`. */
  readonly kind: string;
  /** Output shape of one sample, e.g. `128`. */
  readonly output: string;
  /** Number of trained float32 values. */
  readonly parameters: number;
}

/** A table of the layers with their outputs and parameters, and a last line with their sum and its memory. */
export function modelSummary(layers: readonly LayerSummary[]): string {
  const header = ['Layer (type)', 'Output', 'Parameters'];
  const rows = layers.map(({ name, kind, output, parameters }) => [
    `${name} (${kind})`,
    output,
    formatCount(parameters),
  ]);
  const lines = formatTable([header, ...rows], ['left', 'right', 'right']).split('\n');
  const total = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  const totalLine = `Total: ${formatCount(total)} parameters, ${formatBytes(total * Float32Array.BYTES_PER_ELEMENT)}`;
  const rule = '─'.repeat(Math.max(...lines.map(textWidth), totalLine.length));
  return [lines[0], rule, ...lines.slice(1), rule, totalLine].join('\n');
}

function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, textWidth(cell));
    }
  }
  return widths;
}

function pad(cell: string, width: number, alignment: Alignment): string {
  const spaces = ' '.repeat(width - textWidth(cell));
  return alignment === 'right' ? spaces + cell : cell + spaces;
}

/** Code points; a name outside the basic plane is one column, not two. */
function textWidth(text: string): number {
  return Array.from(text).length;
}
