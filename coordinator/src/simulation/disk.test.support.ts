/**
 * The disk of a simulated run: what survives a power cut. A checkpoint is written under a temporary name, synced,
 * renamed, and its directory synced; until then a cut may leave it torn, or under no name. Lines of metrics may be lost
 * from the last one that was flushed.
 */

import type { Model } from './model.test.support.ts';
import { demand, type Random } from './random.test.support.ts';

export interface Saved {
  /** Progress as JSON, as it is in a real checkpoint. */
  readonly progress: string;
  readonly step: number;
  readonly model: Model;
  /** The best weights, where the checkpoint has them. */
  readonly best: number | undefined;
}

export interface File {
  readonly saved: Saved;
  /** Its checksum fits. */
  readonly isWhole: boolean;
}

export type Operation = 'flushLines' | 'write' | 'fsync' | 'rename' | 'fsyncDirectory';

/** How a checkpoint is made durable. */
export const operations: readonly Operation[] = ['flushLines', 'write', 'fsync', 'rename', 'fsyncDirectory'];

/** Checkpoints that are kept: the one before, until the last one is safe, and one more. */
const FILES_MAX = 2;

interface Entry extends File {
  readonly isSynced: boolean;
  readonly isNameSynced: boolean;
}

export class Disk {
  lines: string[] = [];
  /** Step of the last checkpoint of which the run was told that it is durable, or that it went on from. */
  durableStep = -1;
  private flushed = 0;
  private entries: Entry[] = [];
  private temporary: Entry | undefined;

  carryOut(operation: Operation, saved: Saved): void {
    switch (operation) {
      case 'flushLines':
        this.flushed = this.lines.length;
        return;
      case 'write':
        this.temporary = { saved, isWhole: true, isSynced: false, isNameSynced: false };
        return;
      case 'fsync':
        this.temporary = { ...this.temporary!, isSynced: true };
        return;
      case 'rename':
        this.entries.push(this.temporary!);
        this.temporary = undefined;
        return;
      case 'fsyncDirectory':
        this.entries = this.entries.map((entry) => ({ ...entry, isNameSynced: true })).slice(-FILES_MAX);
        return;
    }
  }

  crash({ chance, below }: Random): void {
    this.temporary = undefined;
    this.entries = this.entries
      .filter(({ isNameSynced }) => isNameSynced || chance(0.5))
      .map((entry) => (entry.isSynced || chance(0.5) ? entry : torn(entry)))
      .map((entry) => ({ ...entry, isSynced: true, isNameSynced: true }));
    this.lines.length = this.flushed + below(this.lines.length - this.flushed + 1);
  }

  /** What a new process goes on from; later lines than that are removed. */
  resume(load: (files: readonly File[]) => Saved | undefined): Saved | undefined {
    const saved = load(this.entries);
    demand((saved?.step ?? -1) >= this.durableStep, 'a durable checkpoint is lost');
    this.entries = this.entries.filter((entry) => entry.isWhole);
    const at = saved?.step ?? -1;
    this.durableStep = at;
    this.lines = this.lines.filter((line) => (JSON.parse(line) as { step: number }).step <= at);
    this.flushed = this.lines.length;
    return saved;
  }
}

/** The newest checkpoint that is whole. */
export function newestWhole(files: readonly File[]): Saved | undefined {
  return files.findLast(({ isWhole }) => isWhole)?.saved;
}

function torn(entry: Entry): Entry {
  const { saved } = entry;
  const { weights, state } = saved.model;
  return { ...entry, isWhole: false, saved: { ...saved, model: { weights: ~weights, state: ~state } } };
}
