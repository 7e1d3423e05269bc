/**
 * A WebKitGTK for tests, Linux only: the small browser that comes with the library, on a screen that nobody sees.
 * Each tab is a browser of its own with its own driver; all of them end with the process that started them.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { findProgram, type Machine, MissingProgram, type Program, thisMachine } from './programs.ts';
import { type BrowserUnderTest, DEADLINE_MS, type Tab } from './tab.ts';
import { openSession } from './webdriver.ts';

const drivers: Program = {
  name: 'WebKitWebDriver',
  variable: 'WEBKIT_DRIVER_PATH',
  commands: ['WebKitWebDriver'],
  paths: [],
};
const screens: Program = { name: 'Xvfb', variable: 'XVFB_PATH', commands: ['Xvfb'], paths: [] };

/** Debian puts the browser beside the library, in a folder that has the name of the architecture. */
const LIBRARIES = '/usr/lib';

export interface WebKit {
  readonly driver: string;
  readonly browser: string;
  readonly screen: string;
}

/** @throws MissingProgram where a part is missing */
export function findWebKit(machine: Machine = thisMachine): WebKit {
  const driver = findProgram(drivers, machine);
  const screen = findProgram(screens, machine);
  const browser = findProgram(miniBrowser(), machine);
  if (driver !== undefined && screen !== undefined && browser !== undefined)
    return { driver, browser, screen };
  throw new MissingProgram(
    'The tests of engines drive a WebKitGTK and did not find all of it: install its driver and a virtual screen ' +
      '(Debian: webkit2gtk-driver, xvfb).',
  );
}

function miniBrowser(): Program {
  const folders = process.platform === 'linux' ? readdirSync(LIBRARIES) : [];
  const versions = ['webkitgtk-6.0', 'webkit2gtk-4.1', 'webkit2gtk-4.0'];
  const paths = versions.flatMap((version) =>
    ['.', ...folders.filter((name) => name.includes('-linux-'))].map(
      (folder) => `${LIBRARIES}/${folder}/${version}/MiniBrowser`,
    ),
  );
  return { name: 'MiniBrowser', variable: 'WEBKIT_BROWSER_PATH', commands: [], paths };
}

export interface WebKitOptions {
  /** Whether pages that are isolated get a SharedArrayBuffer. WebKitGTK gives it only where it is asked. */
  readonly sharedMemory: boolean;
}

/** Whoever starts it closes it. Tabs share neither storage nor cookies. */
export async function openWebKit({ sharedMemory }: WebKitOptions): Promise<BrowserUnderTest> {
  const found = findWebKit();
  const { child: screen, display } = await startScreen(found.screen);
  const processes = [screen];
  const env = {
    ...process.env,
    DISPLAY: `:${display}`,
    JSC_useSharedArrayBuffer: sharedMemory ? '1' : '0',
    NO_AT_BRIDGE: '1',
  };
  const start = async (): Promise<Tab> => {
    const port = await freePort();
    processes.push(run(found.driver, [`--port=${port}`], { env, pipes: ['ignore', 'ignore', 'ignore'] }));
    const driver = `http://127.0.0.1:${port}`;
    await untilReady(driver);
    return openSession(driver, {
      'webkitgtk:browserOptions': { binary: found.browser, args: ['--automation'] },
    });
  };
  const tabs: Tab[] = [];
  return {
    name: 'WebKitGTK',
    async open(url) {
      const tab = await start();
      tabs.push(tab);
      await tab.goto(url);
      return tab;
    },
    async close() {
      await Promise.allSettled(tabs.splice(0).map((tab) => tab.close()));
      for (const child of processes.splice(0)) child.kill('SIGKILL');
    },
  };
}

/** A screen of its own, whose number the server picks and tells. */
async function startScreen(path: string): Promise<{ child: ChildProcess; display: string }> {
  const args = ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'];
  const child = run(path, args, { env: process.env, pipes: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const told = child.stdio[3] as Readable;
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const [line] = (await once(told.setEncoding('utf8'), 'data', { signal })) as [string];
  return { child, display: line.trim() };
}

/** Starts a program that is killed with this process, however that ends. */
function run(
  path: string,
  args: readonly string[],
  { env, pipes }: { env: NodeJS.ProcessEnv; pipes: ('ignore' | 'pipe')[] },
): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', path, ...args], { env, stdio: pipes });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** The driver listens a moment after it was started. */
async function untilReady(driver: string): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    try {
      await fetch(`${driver}/status`);
      return;
    } catch (error) {
      if (performance.now() - startedAt > DEADLINE_MS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
