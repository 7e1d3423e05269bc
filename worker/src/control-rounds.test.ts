import { expect, it } from 'vitest';
import {
  controlBytes,
  initialiseControl,
  openControl,
  PHASE_COMPUTE,
  PHASE_SQUARES,
  PHASE_UPDATE,
  phaseOf,
} from './control.ts';

const size = { nodes: 5, slices: 3, threads: 4 };

it('a job of a round is what was posted, and may begin with a later phase than compute', () => {
  const control = openControl(new SharedArrayBuffer(controlBytes(size)), size);
  initialiseControl(control);
  const jobs = [
    [{ kind: 'nodes', from: 9, count: 4, most: true }, PHASE_COMPUTE],
    [{ kind: 'nodes', from: 9, count: 1, most: false }, PHASE_COMPUTE],
    [{ kind: 'close', from: 9, count: 7, depth: 3 }, PHASE_SQUARES],
    [{ kind: 'close', from: 10, count: 1, depth: 1 }, PHASE_UPDATE],
  ] as const;
  for (const [job, phase] of jobs) {
    control.post(job, phase);
    expect(control.job()).toEqual(job);
    const ticket = control.ticket();
    expect([phaseOf(ticket), ticket - control.jobTicket()]).toEqual([phase, phase]);
    const claims = [0, 1, 2, 3].map((thread) => control.claim(ticket, 3, thread + 1, 0));
    expect(claims).toEqual([0, 1, 2, -1]);
    control.advance(ticket, ticket + 3 - phase);
  }
});
