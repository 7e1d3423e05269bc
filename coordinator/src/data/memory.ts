/**
 * The bound on what a loader takes: a data set lies in memory as a whole, so one that cannot is refused with its
 * size before anything is allocated, rather than by the operating system in the middle.
 */

import { totalmem } from 'node:os';
import { UserError } from '@hivegrad/shared/errors';

/** Bytes that this process may use: those of the machine, or of the container that it runs in. */
export function availableMemory(): number {
  // 0 or a number beyond the machine's own memory says that nothing constrains the process.
  const constrained = process.constrainedMemory() ?? 0;
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** DATA_TOO_LARGE when `bytes` are more than `available`; `what` is "rows x columns" in words of the source. */
export function requireMemory(bytes: number, available: number, at: { path: string; what: string }): void {
  if (bytes <= available) return;
  const message =
    `${at.path} does not fit in memory: ${at.what} take ${formatBytes(bytes)}, and there are ` +
    `${formatBytes(available)}; use fewer rows or columns, or a larger machine.`;
  throw new UserError('DATA_TOO_LARGE', message);
}

/** 1536 becomes "1.5 KiB". */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 ? value : Number(value.toPrecision(3));
  return `${digits.toLocaleString('en-US')} ${units[unit]}`;
}
