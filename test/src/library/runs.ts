/** What the tests of the library share: the small configuration as an object, and ways to watch a training. */

import type { ConfigInput, TrainEvent, Training } from 'hivegrad';
import { UserError } from 'hivegrad';
import { smallConfig, type Workplace } from '../support/files.ts';

/** The small configuration over the data of a workplace, which an object can only name by absolute paths. */
export function smallInput(place: Workplace): ConfigInput {
  const pair = (part: string) => ({
    images: place.path(`${part}-images`),
    labels: place.path(`${part}-labels`),
  });
  return { ...smallConfig, data: { kind: 'idx', train: pair('train'), test: pair('test') } };
}

/** All events of a training, to its end. */
export async function eventsOf(run: Training): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

/** The code of the UserError that a promise rejects with; anything else fails. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof UserError) return error.code;
  throw error;
}
