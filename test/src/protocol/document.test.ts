/** PROTOCOL.md says what the code says. */

import { readFileSync } from 'node:fs';
import { type ProtocolCode, protocolErrors } from '@hivegrad/shared/protocol/errors';
import * as limits from '@hivegrad/shared/protocol/limits';
import { clientTypes, serverTypes } from '@hivegrad/shared/protocol/tables';
import { describe, expect, it } from 'vitest';
import { goldenFrames } from './frames.ts';

const text = readFileSync(new URL('../../../shared/src/protocol/PROTOCOL.md', import.meta.url), 'utf8');
const frames = goldenFrames();

/** The section under a heading of the third level. */
function sectionOf(type: string): string {
  const from = text.indexOf(`### \`${type}\`\n`);
  return from < 0 ? '' : text.slice(from, text.indexOf('\n##', from + 1));
}

describe('PROTOCOL.md', () => {
  it.each(Object.keys({ ...clientTypes, ...serverTypes }))('describes %s and each of its fields', (type) => {
    const section = sectionOf(type);
    expect(section).not.toBe('');
    const keys = frames.flatMap(({ message }) => (message.type === type ? Object.keys(message) : []));
    expect(keys.length).toBeGreaterThan(0);
    for (const key of new Set(keys)) {
      if (key !== 'type' && key !== 'body') expect(section).toContain(`\`${key}\``);
    }
    expect(/Body: |the body is empty/.test(section)).toBe(keys.includes('body'));
  });

  it.each(Object.keys(protocolErrors) as ProtocolCode[])('has the line of %s', (code) => {
    const { number, sentence, ends, again } = protocolErrors[code];
    expect(text).toContain(`| ${number} | \`${code}\` | ${sentence} | ${ends ? 'ends' : ''} | ${again} |\n`);
  });

  it('names the limits of headers and frames', () => {
    const { CLIENT_HEADER, SERVER_HEADER } = limits;
    const line = ({ headerBytesMax, depthMax, valuesMax }: limits.HeaderLimits) =>
      [headerBytesMax, depthMax, valuesMax].map((value) => value.toLocaleString('en')).join(' | ');
    expect(text).toContain(`| from a worker | ${line(CLIENT_HEADER)} |`);
    expect(text).toContain(`| from a run | ${line(SERVER_HEADER)} |`);
    expect(text).toContain(`at most ${limits.HELLO_BYTES_MAX.toLocaleString('en')} bytes`);
    expect(text).toContain(`after ${limits.ERRORS_MAX} of them`);
    expect(text).toContain(`Up to ${limits.LEASES_MAX} may be held`);
    expect(text).toContain(`within ${limits.HELLO_DEADLINE_MS / 1000} s`);
    expect(text).toContain(`now ${limits.PROTOCOL_VERSION}.`);
  });
});
