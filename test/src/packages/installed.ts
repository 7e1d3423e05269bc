/**
 * The packages as a stranger gets them: packed into tarballs and installed into an empty folder outside the workspace,
 * where nothing but their declared dependencies can be found.
 */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { root } from '../house/workspace.ts';

/** A package as `npm pack --json` describes it. */
export interface Packed {
  readonly name: string;
  readonly filename: string;
  /** Bytes of the tarball, and of what is in it. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  /** Resolves as soon as stderr matches, with what matched; rejects if the process ends without a match. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<Ended>;
}

export interface Installed {
  readonly packed: readonly Packed[];
  path(...names: readonly string[]): string;
  write(name: string, content: string): string;
  /** Runs `npx --no-install hivegrad` in the folder to its end. */
  npx(...args: readonly string[]): Promise<Ended>;
  /** Starts the same. */
  start(...args: readonly string[]): Running;
  /** Runs Node in the folder to its end. */
  node(...args: readonly string[]): Promise<Ended>;
  remove(): void;
}

/** Far more than a command here takes; one that hangs is ended. */
const PATIENCE_MS = 100_000;

/** What is published. */
export const published = ['shared', 'worker', 'browser-client', 'coordinator'] as const;

/** Packs all that is published as it was built, and installs it. */
export async function installPackages(): Promise<Installed> {
  const place = realpathSync(mkdtempSync(join(tmpdir(), 'hivegrad-packages-')));
  const remove = () => rmSync(place, { recursive: true, force: true });
  try {
    // Without scripts: packing would build again, under the feet of other tests.
    const packing = ['pack', '--json', '--ignore-scripts', '--pack-destination', place];
    const workspaces = published.flatMap((name) => ['-w', name]);
    const packed = JSON.parse(await succeed('npm', [...packing, ...workspaces], root)) as Packed[];
    const folder = join(place, 'app');
    mkdirSync(folder);
    const write = (name: string, content: string) => {
      writeFileSync(join(folder, name), content);
      return name;
    };
    write('package.json', JSON.stringify({ private: true, type: 'module' }));
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--loglevel=error'];
    const tarballs = packed.map(({ filename }) => join(place, filename));
    await succeed('npm', ['install', ...flags, ...tarballs], folder);
    const npx = (args: readonly string[]) => start('npx', ['--no-install', 'hivegrad', ...args], folder);
    return {
      packed,
      path: (...names) => join(folder, ...names),
      write,
      npx: (...args) => npx(args).ended,
      start: (...args) => npx(args),
      node: (...args) => start(process.execPath, args, folder).ended,
      remove,
    };
  } catch (error) {
    remove();
    throw error;
  }
}

async function succeed(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await start(command, args, cwd).ended;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stderr}${stdout}`);
  return stdout;
}

function start(command: string, args: readonly string[], cwd: string): Running {
  const shell = process.platform === 'win32' && command !== process.execPath;
  const options = { cwd, env: strangersEnvironment(), timeout: PATIENCE_MS, maxBuffer: 2 ** 26, shell };
  let said = '';
  let look = (): void => {};
  const ended = new Promise<Ended>((resolve) => {
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
    child.stderr!.on('data', (text: string) => {
      said += text;
      look();
    });
  });
  return {
    ended,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        look = () => {
          const match = pattern.exec(said);
          if (match !== null) resolve(match);
        };
        look();
        void ended.then(() => reject(new Error(`It ended without saying ${pattern}:\n${said}`)));
      }),
  };
}

/** Ours without what leads back to the workspace: its commands, flags of the test runner, and what npm told it. */
function strangersEnvironment(): NodeJS.ProcessEnv {
  const leading =
    /^(?:NODE_OPTIONS|NODE_PATH|INIT_CWD|npm_(?:package|lifecycle)_\w+|npm_config_local_prefix)$/;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !leading.test(name)));
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return { ...env, PATH: path.join(delimiter) };
}
