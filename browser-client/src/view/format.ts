/** Numbers as people read them. The page is in English whatever the browser's language, and so are its numbers. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** Whole, with commas; from a million on in short: `12,345`, `60.2M`. */
export function countText(count: number): string {
  return count < 1_000_000 ? whole.format(count) : short.format(count);
}

/** All digits. */
export function exactText(count: number): string {
  return whole.format(count);
}

/** A share in [0, 1], the closer to nothing or all the finer: `12 %`, `1.4 %`, `0.03 %`. */
export function shareText(share: number): string {
  const percent = share * 100;
  const distance = Math.min(percent, 100 - percent);
  const digits = percent === 0 || percent === 100 ? 0 : distance < 0.1 ? 2 : distance < 10 ? 1 : 0;
  return `${percent.toFixed(digits)} %`;
}

/** A loss with three or four significant digits. */
export function lossText(loss: number): string {
  const size = Math.abs(loss);
  return size !== 0 && (size < 0.001 || size >= 100_000) ? loss.toExponential(2) : loss.toPrecision(4);
}

/** Seconds until a moment: `now`, `in 1 second`, `in 12 seconds`. */
export function inSecondsText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds <= 0) return 'now';
  return seconds === 1 ? 'in 1 second' : `in ${seconds} seconds`;
}
