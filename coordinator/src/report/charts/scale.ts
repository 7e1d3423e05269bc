/**
 * Axes: from values to pixels, with ticks at round numbers. Linear ticks are 1, 2 or 5 times a power of ten apart;
 * logarithmic ones are at powers of ten, and at 2 and 5 times them where the axis has few decades.
 */

import { formatCount } from '../../cli/format.ts';

export interface Scale {
  /** The ends of the axis; at linear ones where they were asked for round numbers, these are ticks. */
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
  /** The text of a tick, with as many decimals as all of them need. */
  label(tick: number): string;
  /** The pixel of a value. */
  at(value: number): number;
}

export interface Range {
  /** Pixels of the lowest and the highest value. */
  readonly from: number;
  readonly to: number;
  /** Ticks that there is room for. */
  readonly ticks: number;
}

export interface LinearOptions extends Range {
  /** Keep the ends instead of widening them to round numbers. */
  readonly exact?: boolean;
  /** Ticks at whole numbers only. */
  readonly whole?: boolean;
  readonly format?: (tick: number) => string;
}

/** `extent` is the lowest and the highest value; where they are equal, room is made around them. */
export function linearScale(extent: readonly [number, number], options: LinearOptions): Scale {
  const [low, high] = extent[0] < extent[1] ? extent : around(extent[0]);
  const step = Math.max(roundStep((high - low) / Math.max(1, options.ticks)), options.whole === true ? 1 : 0);
  const first = options.exact === true ? Math.ceil(low / step - 1e-9) : Math.floor(low / step + 1e-9);
  const last = options.exact === true ? Math.floor(high / step + 1e-9) : Math.ceil(high / step - 1e-9);
  // Multiples, not sums, so that the third tick is 0.3 and not 0.30000000000000004 of something.
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => round((first + i) * step));
  const [min, max] = options.exact === true ? [low, high] : [ticks[0]!, ticks.at(-1)!];
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return {
    min,
    max,
    ticks,
    label: options.format ?? ((tick) => plainNumber(tick, decimals)),
    at: (value) => options.from + ((value - min) / (max - min)) * (options.to - options.from),
  };
}

/** `extent` is above 0. */
export function logScale(extent: readonly [number, number], { from, to, ticks: room }: Range): Scale {
  const [low, high] = extent[0] < extent[1] ? extent : [extent[0] / 2, extent[0] * 2];
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const factors = (last - first) * 3 <= room * 2 ? [1, 2, 5] : [1];
  const stride = Math.max(1, Math.ceil((last - first) / room));
  const [min, max] = [low / 1.1, high * 1.1];
  const ticks: number[] = [];
  for (let power = first; power <= last; power += stride)
    for (const factor of factors) ticks.push(Number(`${factor}e${power}`));
  const pixel = (value: number) =>
    from + ((Math.log10(value) - Math.log10(min)) / (Math.log10(max) - Math.log10(min))) * (to - from);
  return {
    min,
    max,
    ticks: ticks.filter((tick) => tick >= min && tick <= max),
    label: (tick) => plainNumber(tick, Math.max(0, -Math.floor(Math.log10(tick) + 1e-9))),
    at: pixel,
  };
}

/** Whether values are better shown on a logarithmic axis: all above 0, over more than two powers of ten. */
export function spansDecades([low, high]: readonly [number, number]): boolean {
  return low > 0 && high / low > 100;
}

/** The lowest and the highest of the finite values; [0, 1] where there are none. */
export function extentOf(values: Iterable<number>): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}

function around(value: number): readonly [number, number] {
  const half = value === 0 ? 1 : Math.abs(value) / 2;
  return [value - half, value + half];
}

/** The smallest of 1, 2, 5 times a power of ten that is at least `step`. */
function roundStep(step: number): number {
  const power = Math.floor(Math.log10(step) + 1e-9);
  for (const factor of [1, 2, 5]) {
    const candidate = Number(`${factor}e${power}`);
    if (candidate >= step * (1 - 1e-9)) return candidate;
  }
  return Number(`1e${power + 1}`);
}

/** Without the last digits, in which products of round numbers differ from round numbers. */
function round(value: number): number {
  return Number(value.toPrecision(12)) + 0;
}

function plainNumber(value: number, decimals: number): string {
  const size = Math.abs(value);
  if (size === 0 && decimals > 4) return '0';
  if (size >= 1e6 || (size > 0 && size < 1e-4)) return value.toExponential().replace('e+', 'e');
  return decimals === 0 && size >= 1000 ? formatCount(value) : value.toFixed(decimals);
}
