/**
 * What a test does with a browser, whichever of the three it is: the same steps run in Chromium, Firefox and
 * WebKitGTK. Selectors are CSS. Expressions are JavaScript and run in the page; their value may be a promise, and
 * what it becomes travels as JSON.
 */

export interface BrowserUnderTest {
  /** For messages, with its version where it tells one. */
  readonly name: string;
  /** A new tab that has loaded `url`. */
  open(url: string): Promise<Tab>;
  /** Ends the browser with all its tabs and processes. May be called twice. */
  close(): Promise<void>;
}

export interface Tab {
  /** Resolves when the page has loaded. */
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  /** Clicks as a visitor does, as soon as an element that fits is there and can be used. */
  click(selector: string): Promise<void>;
  /** The text of the first element that fits, without white space around it; rejects where none fits. */
  text(selector: string): Promise<string>;
  /** Rejects with the message of what the expression throws. */
  evaluate(expression: string): Promise<unknown>;
  /** Resolves when the expression has a true value; rejects after `deadlineMs` with what it gave last. */
  until(expression: string, deadlineMs?: number): Promise<void>;
  /** Writes what is visible as a PNG. */
  screenshot(path: string): Promise<void>;
  close(): Promise<void>;
}

/** Long enough for a busy machine; a test that meets it has failed. */
export const DEADLINE_MS = 30_000;

/** How often a condition is looked at. */
const LOOK_MS = 25;

/** `until` of every tab. While a page is being replaced there is nothing to evaluate in, which is not yet a failure. */
export async function untilTrue(
  evaluate: Tab['evaluate'],
  expression: string,
  deadlineMs: number = DEADLINE_MS,
): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    let last: unknown;
    try {
      last = await evaluate(expression);
      if (last) return;
    } catch (error) {
      last = error;
    }
    if (performance.now() - startedAt > deadlineMs) {
      throw new Error(`after ${deadlineMs} ms "${expression}" still gave ${describe(last)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function describe(value: unknown): string {
  return value instanceof Error ? `the error "${value.message}"` : String(JSON.stringify(value));
}

/** True when `click` has something to click on. */
export function clickableExpression(selector: string): string {
  return `document.querySelector(${JSON.stringify(selector)})?.matches(':not(:disabled)') === true`;
}

/** The expression behind `text`. */
export function textExpression(selector: string): string {
  const quoted = JSON.stringify(selector);
  return `(() => {
    const element = document.querySelector(${quoted});
    if (element === null) throw new Error('no element fits ' + ${quoted});
    return element.textContent.trim();
  })()`;
}
