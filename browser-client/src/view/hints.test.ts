import { describe, expect, it } from 'vitest';
import { pausesOf } from './hints.ts';

const none = { hidden: false, battery: false, saver: false };
const low = { charging: false, level: 0.29 };

describe('pausesOf', () => {
  it('pauses for nothing where the browser tells nothing', () => {
    expect(pausesOf({ isHidden: false }, none)).toEqual([]);
  });

  it('spares a battery below 30 % that is not being charged', () => {
    expect(pausesOf({ isHidden: false, battery: low }, none)).toEqual(['battery']);
    expect(pausesOf({ isHidden: false, battery: { ...low, level: 0.3 } }, none)).toEqual([]);
    expect(pausesOf({ isHidden: false, battery: { ...low, charging: true } }, none)).toEqual([]);
  });

  it('names all reasons that hold, but for those that the person overrules', () => {
    const all = { isHidden: true, battery: low, savesData: true };
    expect(pausesOf(all, none)).toEqual(['hidden', 'battery', 'saver']);
    expect(pausesOf(all, { ...none, battery: true })).toEqual(['hidden', 'saver']);
    expect(pausesOf(all, { hidden: true, battery: true, saver: true })).toEqual([]);
  });
});
