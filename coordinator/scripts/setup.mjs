/**
 * Brings a clone to the point where `coordinator/dist/cli/main.js` can run, with nothing but Node and npm:
 * refuses a Node that is too old, installs the packages that the lock file names, builds what changed.
 * Nothing is done twice: an up-to-date tree costs a few milliseconds and starts no other process.
 *
 * Run it by hand (`node coordinator/scripts/setup.mjs`) or import {@link prepare}.
 * It must not import a package: it runs before any is installed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The top folder of the workspace. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

const stampFile = join(root, '.cache', 'build.stamp');

/** What a build does not read; the same list as the inputs of `build` in turbo.json. */
const notBuilt = new Set([
  'node_modules',
  'dist',
  '.turbo',
  'examples',
  'scripts',
  'golden',
  'coverage',
  'runs',
]);

/** A stop whose reason is one sentence for the person at the terminal, without a stack. */
export class SetupError extends Error {}

/** Node 20.19 and 22.12 are the first of their lines that load an ES module through `require`. */
export function isSupportedNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 23;
}

/** Does everything that is missing, in order. Throws {@link SetupError}. */
export function prepare() {
  refuseOldNode();
  install();
  build();
}

function refuseOldNode() {
  const version = process.versions.node;
  if (isSupportedNode(version)) return;
  throw new SetupError(
    `hivegrad needs Node 20.19 or later (in the 22 line 22.12 or later), and this is Node ${version}. ` +
      'Install a current Node from https://nodejs.org and run the command again.',
  );
}

/** Installs with `npm ci` unless node_modules already holds what package-lock.json asks for. */
export function install() {
  const reason = whyInstall();
  if (reason === undefined) return;
  say(`${reason}: installing packages with npm. This is done once and takes about half a minute.`);
  const result = npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (result.status !== 0) {
    throw new SetupError(
      'npm ci could not install the packages; its reason stands above. ' +
        'Check the network and the free disk space, then run the command again.',
    );
  }
}

/**
 * npm keeps a copy of the lock file of what it installed. The two are compared by content, because a
 * checkout gives files new times, and because an interrupted npm leaves no copy behind.
 */
function whyInstall() {
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return 'There is no complete node_modules yet';
  const wanted = readJson(join(root, 'package-lock.json'));
  if (wanted === undefined)
    throw new SetupError('package-lock.json is missing or damaged: restore it from git.');
  for (const [path, entry] of Object.entries(wanted.packages)) {
    if (!path.includes('node_modules/')) continue;
    const present = installed.packages[path];
    // A package for another platform is in the lock file and never on this disk.
    if (present === undefined && entry.optional === true) continue;
    if (present === undefined || present.version !== entry.version || present.integrity !== entry.integrity) {
      return 'node_modules is not what package-lock.json asks for';
    }
  }
  return undefined;
}

/** Builds through turbo, which skips each package whose inputs it has seen; and not even that when nothing moved. */
export function build() {
  const workspaces = readJson(join(root, 'package.json')).workspaces;
  const fingerprint = fingerprintOf(workspaces);
  const isBuilt = workspaces.every((workspace) => existsSync(join(root, workspace, 'dist')));
  if (isBuilt && readText(stampFile) === fingerprint) return;
  if (!isBuilt) say('Building hivegrad.');
  rmSync(stampFile, { force: true });
  const result = turbo('build');
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
    throw new SetupError('The build failed; its errors stand above.');
  }
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, fingerprint);
}

/** A digest over name, size and time of every file that a build reads. */
function fingerprintOf(workspaces) {
  const hash = createHash('sha256');
  const add = (path) => {
    const { size, mtimeMs } = statSync(join(root, path));
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  };
  const walk = (folder) => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory() && !notBuilt.has(entry.name)) walk(path);
      else if (entry.isFile() && !/\.test\.|\.md$/.test(entry.name)) add(path);
    }
  };
  for (const path of ['package.json', 'package-lock.json', 'turbo.json', 'tsconfig.json']) add(path);
  for (const workspace of workspaces) walk(workspace);
  return hash.digest('hex');
}

/** Runs one turbo task over all packages, and keeps its output for the case that it fails. */
export function turbo(task) {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' };
  return tool('turbo', ['run', task, '--output-logs=errors-only'], { env });
}

/** Runs the command `name` of an installed package under this Node, without a shell, so that every platform is alike. */
export function tool(name, args, options = {}) {
  const packages = { biome: '@biomejs/biome' };
  const folder = join(root, 'node_modules', packages[name] ?? name);
  const { bin } = readJson(join(folder, 'package.json'));
  const script = join(folder, typeof bin === 'string' ? bin : bin[name]);
  return run(process.execPath, [script, ...args], options);
}

/** Runs a script of the workspace under this Node; `path` from the top folder. */
export function node(path, options = {}) {
  return run(process.execPath, [join(root, path)], options);
}

/** Runs npm: the one that started this process if there is one, else the one on the path. */
export function npm(args, options = {}) {
  const script = process.env.npm_execpath;
  if (script !== undefined && basename(script) === 'npm-cli.js')
    return run(process.execPath, [script, ...args], options);
  return run('npm', args, { ...options, shell: process.platform === 'win32' });
}

function run(command, args, options) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 2 ** 20,
    ...options,
  });
  if (result.error) throw new SetupError(`${command} could not be started: ${result.error.message}`);
  return result;
}

/** Runs `main` and turns a {@link SetupError} into its sentence and exit code 1. */
export async function runScript(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

/** Whether the module at `url` is the script that Node was started with. */
export function isScript(url) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url);
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

function readText(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** The parsed file, or undefined when it is missing or not JSON: both mean that it has to be made again. */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

if (isScript(import.meta.url)) await runScript(prepare);
