/**
 * A bucket of permits that fills at a steady rate and holds one second's worth, so that a burst passes and a flood
 * does not. Time is the caller's.
 */
export class RateLimit {
  readonly #perSecond: number;
  #permits: number;
  #at: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#permits = perSecond;
    this.#at = nowMs;
  }

  /** Whether one more may pass now. */
  take(nowMs: number): boolean {
    const elapsedMs = Math.max(0, nowMs - this.#at);
    this.#at = nowMs;
    this.#permits = Math.min(this.#perSecond, this.#permits + (elapsedMs * this.#perSecond) / 1000);
    if (this.#permits < 1) return false;
    this.#permits--;
    return true;
  }

  /** The last one that passed is not counted. */
  giveBack(): void {
    this.#permits++;
  }
}
