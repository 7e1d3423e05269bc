import { expect, it } from 'vitest';
import { encodeMessage } from '../protocol/codec.ts';
import type { ServerMessage } from '../protocol/messages.ts';
import { assignOf, bareAssignOf, createWorld, exampleWelcome, weightsOf } from './world.test.support.ts';

/*
 * A short life, frame by frame, as it stood when version 1 of the protocol was new. What another implementation of a
 * worker would send in the same situation, but for the order of keys.
 */

const node = { step: 0, level: 0, index: 0 };

const hexOf = (frame: Uint8Array) => Array.from(frame, (byte) => byte.toString(16).padStart(2, '0')).join('');

it('a short life is the same to the byte', async () => {
  const transcript: string[] = [];
  const world = createWorld();
  const { peer, engine } = world;
  peer.start();
  await world.settle();
  const line = world.line();
  const noteSent = async () => {
    await world.settle();
    for (const frame of line.frames.splice(0)) transcript.push(`> ${hexOf(frame)}`);
  };
  const tell = async (message: ServerMessage) => {
    transcript.push(`< ${message.type} ${hexOf(encodeMessage(message)).length / 2}`);
    line.tell(message);
    await noteSent();
  };
  line.open();
  await noteSent();
  await tell(exampleWelcome);
  await tell(weightsOf(0));
  await tell(bareAssignOf(node));
  await tell(assignOf(node, 2));
  engine.settle(0);
  await noteSent();
  await tell(assignOf({ ...node, index: 1 }, 2));
  engine.settle(0, 'notFinite');
  await noteSent();
  peer.pause('hidden');
  peer.resume('hidden');
  peer.finish();
  await noteSent();
  expect(transcript).toEqual([
    // hello
    `> f800000088a474797065a568656c6c6fa870726f746f636f6c01a76b65726e656c73d940${'61'.repeat(64)}a6616e73776572d940${'62'.repeat(64)}a56167656e74a46e6f6465a77468726561647302a763616368654964d920${'63'.repeat(32)}ab726f7742797465734d6178ce0010000000000000`,
    '< welcome 480',
    '< weights 64',
    '< assign 64',
    // missing
    '> 2800000085a474797065a76d697373696e67a47374657000a56c6576656c00a5696e64657800a4726f777302000000000300000000000000',
    '< assign 88',
    // result
    '> 4500000087a474797065a6726573756c74a47374657000a56c6576656c00a5696e64657800a86c6f737342697473ce3f800000a7636f727265637401a9636f6d707574655573cd03e8000000000000000000000100000000000000000000000000000000000000000000000000000000',
    '< assign 88',
    // notFinite
    '> 2400000084a474797065a96e6f7446696e697465a47374657000a56c6576656c00a5696e64657801',
    // pause, resume, finish, bye
    '> 1a00000082a474797065a57061757365a6726561736f6ea668696464656e0000',
    '> 1600000082a474797065a6726573756d65a77468726561647302000000000000',
    '> 0d00000081a474797065a666696e69736800000000000000',
    '> 1a00000082a474797065a3627965a6726561736f6ea866696e69736865640000',
  ]);
});
