/**
 * A thread of a pool that fails on purpose: the entry that tests give to `openPool`. What fails, where and when
 * stands in the environment variable HIVEGRAD_TEST_FAULTS; each fault strikes once in all threads together.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ThreadTask } from '@hivegrad/worker/serve';
import { serve } from '@hivegrad/worker/serve';

export interface Fault {
  readonly kind: 'throw' | 'trap' | 'stack' | 'exit' | 'memory' | 'hang';
  readonly phase: 'compute' | 'squares' | 'update';
  readonly step: number;
  /** Strikes whatever thread reaches it, again and again. */
  readonly always?: boolean;
}

export interface Faults {
  /** A folder in which a fault that struck leaves a mark. */
  readonly marks: string;
  readonly faults: readonly Fault[];
}

export default function thread(task: ThreadTask): unknown {
  const { marks, faults } = JSON.parse(process.env.HIVEGRAD_TEST_FAULTS ?? '{"faults":[]}') as Faults;
  return serve(task, ({ phase, step }) => {
    for (const [i, fault] of faults.entries()) {
      if (fault.phase !== phase || fault.step !== step) continue;
      if (fault.always || firstToReach(join(marks, String(i)))) strike(fault.kind);
    }
  });
}

/** Only one thread can make a folder. */
function firstToReach(mark: string): boolean {
  try {
    mkdirSync(mark);
    return true;
  } catch {
    return false;
  }
}

function strike(kind: Fault['kind']): void {
  switch (kind) {
    case 'throw':
      throw new Error('thrown on purpose');
    case 'trap':
      trap();
      return;
    case 'stack':
      recurse(0);
      return;
    case 'exit':
      process.exit(7);
      return;
    case 'memory': {
      const hoard: unknown[] = [];
      for (;;) hoard.push(new Array(100_000).fill({ hoard: hoard.length }));
    }
    case 'hang':
      for (;;);
  }
}

/** Runs `unreachable` in a module of eleven instructions. */
function trap(): void {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: TrapApi }).WebAssembly;
  const bytes = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 116, 0, 0, 10, 5, 1, 3, 0, 0, 11,
  ];
  new Instance(new Module(new Uint8Array(bytes))).exports.t();
}

interface TrapApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: { t(): void } };
}

function recurse(depth: number): number {
  return recurse(depth + 1) + 1;
}
