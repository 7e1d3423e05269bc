/**
 * The part of WebDriver that tests need, over fetch: https://www.w3.org/TR/webdriver2/. A session is one browser with
 * one tab. What the driver refuses becomes an error with its message.
 */

import { writeFile } from 'node:fs/promises';
import { clickableExpression, DEADLINE_MS, type Tab, textExpression, untilTrue } from './tab.ts';

/** The key under which WebDriver hands out elements. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** The tab of a browser that is started with `capabilities` through the driver that listens at `driver`, such as http://127.0.0.1:4444. */
export async function openSession(driver: string, capabilities: object): Promise<Tab> {
  const request = { capabilities: { alwaysMatch: capabilities } };
  const { sessionId } = (await call('POST', `${driver}/session`, request)) as { sessionId: string };
  const session = `${driver}/session/${sessionId}`;
  await call('POST', `${session}/timeouts`, { script: DEADLINE_MS, pageLoad: DEADLINE_MS });
  return tabOf(session);
}

function tabOf(session: string): Tab {
  const evaluate = async (expression: string): Promise<unknown> => {
    // The script calls back, because not every driver waits for a promise that a script returns.
    const script = `
      const done = arguments[arguments.length - 1];
      (async () => (${expression}))().then(
        (value) => done({ value: value === undefined ? null : value }),
        (error) => done({ error: String(error.message ?? error) }),
      );`;
    const answer = (await call('POST', `${session}/execute/async`, { script, args: [] })) as {
      value?: unknown;
      error?: string;
    };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value;
  };
  return {
    goto: async (url) => void (await call('POST', `${session}/url`, { url })),
    reload: async () => void (await call('POST', `${session}/refresh`, {})),
    async click(selector) {
      await untilTrue(evaluate, clickableExpression(selector));
      const found = await call('POST', `${session}/element`, { using: 'css selector', value: selector });
      const id = (found as Record<string, string>)[ELEMENT];
      await call('POST', `${session}/element/${id}/click`, {});
    },
    text: async (selector) => (await evaluate(textExpression(selector))) as string,
    evaluate,
    until: (expression, deadlineMs) => untilTrue(evaluate, expression, deadlineMs),
    async screenshot(path) {
      const png = (await call('GET', `${session}/screenshot`)) as string;
      await writeFile(path, Buffer.from(png, 'base64'));
    },
    close: async () => void (await call('DELETE', session)),
  };
}

async function call(method: string, url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(2 * DEADLINE_MS),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { value } = (await response.json()) as { value: unknown };
  if (response.ok) return value;
  const { error, message } = value as { error: string; message: string };
  throw new Error(`${message || error} (${method} ${new URL(url).pathname})`);
}
