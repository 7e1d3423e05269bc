/**
 * What the browser tells of the tab and the machine, and what it means for the work. These are hints, never conditions: a
 * browser that tells nothing pauses nothing, and a person can overrule each of them.
 */

import type { PauseReason } from '@hivegrad/shared/protocol/messages';

/** A battery that is not being charged is spared below this level. */
export const BATTERY_LEVEL_MIN = 0.3;

export interface Hints {
  readonly isHidden: boolean;
  /** Absent where the browser does not tell. */
  readonly battery?: { readonly charging: boolean; readonly level: number };
  readonly savesData?: boolean;
}

/** For which of them the person wants to go on all the same. */
export interface Allowances {
  readonly hidden: boolean;
  readonly battery: boolean;
  readonly saver: boolean;
}

/** Why the work has to pause, apart from the person's own wish. */
export function pausesOf(
  { isHidden, battery, savesData }: Hints,
  allowed: Allowances,
): readonly PauseReason[] {
  const isLow = battery !== undefined && !battery.charging && battery.level < BATTERY_LEVEL_MIN;
  const reasons: PauseReason[] = [];
  if (isHidden && !allowed.hidden) reasons.push('hidden');
  if (isLow && !allowed.battery) reasons.push('battery');
  if (savesData === true && !allowed.saver) reasons.push('saver');
  return reasons;
}
