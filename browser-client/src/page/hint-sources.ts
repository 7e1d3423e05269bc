/** Watches what the browser tells of the tab and the machine. What it does not know it does not tell. */

import type { Hints } from '../view/hints.ts';

/** The Battery Status API, which TypeScript does not know. Level in [0, 1]. */
interface Battery extends EventTarget {
  readonly charging: boolean;
  readonly level: number;
}

/** The Network Information API, of which one flag is used. */
interface NetworkInformation extends EventTarget {
  readonly saveData?: boolean;
}

interface Machine {
  readonly getBattery?: () => Promise<Battery>;
  readonly connection?: NetworkInformation;
}

/** Calls at once, and whenever something has changed. */
export function watchHints(tell: (hints: Hints) => void): void {
  const machine = navigator as unknown as Machine;
  const { connection } = machine;
  let battery: Battery | undefined;

  const tellNow = (): void =>
    tell({
      isHidden: document.hidden,
      ...(battery !== undefined && { battery: { charging: battery.charging, level: battery.level } }),
      ...(connection?.saveData !== undefined && { savesData: connection.saveData }),
    });
  document.addEventListener('visibilitychange', tellNow);
  connection?.addEventListener('change', tellNow);
  machine.getBattery?.().then(
    (found) => {
      battery = found;
      found.addEventListener('levelchange', tellNow);
      found.addEventListener('chargingchange', tellNow);
      tellNow();
    },
    // A policy may forbid it; then it is as if there were none.
    () => {},
  );
  tellNow();
}
