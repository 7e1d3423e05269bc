/** The flags with which a run is lent to workers from outside. */

import { UserError } from '@hivegrad/shared/errors';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { LendSettings } from '../lending/settings.ts';
import { lendDefaults, PORT_MAX, WORKERS_MAX } from '../lending/settings.ts';
import { collect } from './flags.ts';

export interface LendFlags {
  readonly listen?: { readonly host: string; readonly port: number };
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly origin?: readonly string[];
  readonly token?: string;
  readonly maxWorkers?: number;
  readonly share?: 'useful' | 'always';
  readonly audit?: number;
  readonly trustProxy?: boolean;
}

export function addLendFlags(command: Command): Command {
  return command
    .option(
      '--listen <[host:]port>',
      'lend the run to browsers and other machines (default host: all)',
      parseListen,
    )
    .option('--tls-cert <file>', 'certificate, PEM; with it the page is https')
    .option('--tls-key <file>', 'its key, PEM')
    .option(
      '--origin <origin>',
      'another page that may lend, such as https://example.org; repeatable',
      collect,
    )
    .option('--token <token>', 'let in only who has it, and trust them')
    .option(
      '--max-workers <n>',
      `workers from outside at most (default: ${lendDefaults.maxWorkers})`,
      parseCount,
    )
    .addOption(
      new Option(
        '--share <when>',
        `give a worker nodes only where it helps, or always one (default: ${lendDefaults.share})`,
      ).choices(['useful', 'always']),
    )
    .option(
      '--audit <p>',
      `share of strangers' nodes that is computed again, 0 to 1 (default: ${lendDefaults.audit})`,
      parseShare,
    )
    .option('--trust-proxy', 'believe the X-Forwarded headers of a reverse proxy');
}

/** Undefined where the run is not lent out. @throws UserError where a flag asks for what only a lent run has */
export function lendSettings(flags: LendFlags): LendSettings | undefined {
  const { listen, tlsCert, tlsKey, origin, ...rest } = flags;
  const { token, maxWorkers, share, audit, trustProxy } = rest;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const sentence = '--tls-cert and --tls-key belong together: give both, or neither.';
    throw new UserError('LISTEN_OPTION', sentence);
  }
  if (listen === undefined) {
    const given = Object.entries({ tlsCert, origin, token, maxWorkers, share, audit, trustProxy });
    const alone = given.find(([, value]) => value !== undefined)?.[0];
    if (alone === undefined) return undefined;
    const flag = alone.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new UserError(
      'LISTEN_OPTION',
      `--${flag} is of no use to a run that takes no workers from outside: add --listen PORT, or leave it out.`,
    );
  }
  return {
    ...listen,
    ...(tlsCert !== undefined && tlsKey !== undefined && { tls: { certificate: tlsCert, key: tlsKey } }),
    ...(origin !== undefined && { origins: origin }),
    ...(token !== undefined && { token }),
    ...(maxWorkers !== undefined && { maxWorkers }),
    ...(share !== undefined && { share }),
    ...(audit !== undefined && { audit }),
    ...(trustProxy !== undefined && { trustProxy }),
  };
}

/** `8080`, `127.0.0.1:8080`, `[::1]:8080`, `example.org:8080`. */
export function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > PORT_MAX) {
    throw new InvalidArgumentError(
      `"${text}" is no address to listen at. Write a port from 0 to ${PORT_MAX}, such as 8080, or 127.0.0.1:8080.`,
    );
  }
  return { host: match[1] ?? match[2] ?? lendDefaults.host, port };
}

function parseCount(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1 && value <= WORKERS_MAX) return value;
  throw new InvalidArgumentError(`${text} is not a whole number from 1 to ${WORKERS_MAX}.`);
}

function parseShare(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError(`${text} is not a number from 0 to 1.`);
}
