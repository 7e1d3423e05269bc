import { describe, expect, it } from 'vitest';
import { broughtChromium, findChromium } from './chromium.ts';
import type { Machine } from './programs.ts';
import { provideChromium } from './provide-chromium.ts';
import type { Ended, Tools } from './tools.ts';

const none =
  'The tests drive a Chromium and found none: install Chromium or Chrome, or set CHROMIUM_PATH to one.';

function machine(files: Iterable<string>, options: Partial<Machine> = {}): Machine {
  const there = new Set(files);
  const env = { PATH: '/usr/local/bin:/usr/bin' };
  return { platform: 'linux', env, isRoot: false, isExecutable: (path) => there.has(path), ...options };
}

describe('findChromium', () => {
  it('takes what CHROMIUM_PATH names before everything else', () => {
    const env = { PATH: '/usr/bin', CHROMIUM_PATH: '/opt/mine' };
    expect(findChromium(machine(['/opt/mine', '/usr/bin/chromium'], { env }))).toBe('/opt/mine');
  });

  it('says that CHROMIUM_PATH names nothing rather than take another one', () => {
    const env = { PATH: '/usr/bin', CHROMIUM_PATH: '/opt/gone' };
    expect(() => findChromium(machine(['/usr/bin/chromium'], { env }))).toThrow(
      'CHROMIUM_PATH names "/opt/gone", which is no executable file: let it name a Chromium, or unset it.',
    );
  });

  it('takes a Chromium before a Chrome, and an installed one before the one that Playwright brought', () => {
    const chrome = '/usr/local/bin/google-chrome';
    expect(findChromium(machine([broughtChromium, chrome, '/usr/bin/chromium']))).toBe('/usr/bin/chromium');
    expect(findChromium(machine([broughtChromium, chrome]))).toBe(chrome);
    expect(findChromium(machine([broughtChromium]))).toBe(broughtChromium);
  });

  it('finds the Chrome of macOS and of Windows where they are installed', () => {
    const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
    expect(findChromium(machine([mac], { platform: 'darwin' }))).toBe(mac);
    const windows = 'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe';
    const env = { PATH: 'C:\\Windows', ProgramFiles: 'C:\\Program Files' };
    expect(findChromium(machine([windows], { platform: 'win32', env }))).toBe(windows);
  });

  it('says in one sentence what to do where there is none', () => {
    expect(() => findChromium(machine([]))).toThrow(none);
  });
});

describe('provideChromium', () => {
  /** A machine on which a command that contains a key makes the file that belongs to it. */
  function played(options: { isRoot: boolean; apt: boolean; makes: Record<string, string> }) {
    const files = new Set(options.apt ? ['/usr/bin/apt-get'] : []);
    const commands: string[] = [];
    const tools: Tools = {
      machine: { ...machine([], { isRoot: options.isRoot }), isExecutable: (path) => files.has(path) },
      run(command, args): Ended {
        const line = [command, ...args].join(' ');
        commands.push(line);
        const made = Object.entries(options.makes).find(([part]) => line.includes(part));
        if (made !== undefined) files.add(made[1]);
        return made === undefined
          ? { ok: false, output: 'Reading lists\nE: no such package' }
          : { ok: true, output: '' };
      },
      say: () => {},
    };
    return { tools, files, commands };
  }

  it('does nothing where one is installed', () => {
    const { tools, files, commands } = played({ isRoot: true, apt: true, makes: {} });
    files.add('/usr/bin/chromium');
    expect(provideChromium(tools)).toBe('/usr/bin/chromium');
    expect(commands).toEqual([]);
  });

  it('installs the package of Debian as root, one installer at a time', () => {
    const { tools, commands } = played({ isRoot: true, apt: true, makes: { chromium: '/usr/bin/chromium' } });
    expect(provideChromium(tools)).toBe('/usr/bin/chromium');
    expect(commands).toHaveLength(1);
    expect(commands[0]).toMatch(/^flock -w 900 .* apt-get install -y --no-install-recommends .* chromium$/);
  });

  it.each([
    ['who is not root', { isRoot: false, apt: true }],
    ['a machine without apt', { isRoot: true, apt: false }],
  ])('downloads one with Playwright for %s', (_who, how) => {
    const { tools, commands } = played({ ...how, makes: { 'cli.js install': broughtChromium } });
    expect(provideChromium(tools)).toBe(broughtChromium);
    expect(commands).toHaveLength(1);
  });

  it('fetches the lists of packages and tries again before it turns to Playwright', () => {
    const { tools, commands } = played({
      isRoot: true,
      apt: true,
      makes: { 'cli.js install': broughtChromium },
    });
    expect(provideChromium(tools)).toBe(broughtChromium);
    expect(commands.map((line) => /apt-get \w+|cli\.js \w+/.exec(line)?.[0])).toEqual([
      'apt-get install',
      'apt-get update',
      'apt-get install',
      'cli.js install',
    ]);
  });

  it('says in one sentence why and what to do where nothing helps', () => {
    const { tools } = played({ isRoot: true, apt: true, makes: {} });
    expect(() => provideChromium(tools)).toThrow(
      'The tests drive a Chromium, found none and could not install one (apt-get says "E: no such package"; ' +
        'playwright-core says "E: no such package"): install Chromium or Chrome, or set CHROMIUM_PATH to one.',
    );
  });
});
