/**
 * The rows of assigned nodes. Which samples a node has follows from the seed, so an assignment brings only the rows
 * that are not here; they go to the cache, or stay with the node if that is full. In: assignments that were parsed;
 * out: what is still lacking and, for a node of which nothing is, its rows in order.
 */

import { epochOrder } from '../data/sampler.ts';
import { isInMask, layoutRows, type NodePlace, placeOfNode, putInMask } from '../protocol/bodies.ts';
import { featureBytes, maskBytes, targetBytes } from '../protocol/limits.ts';
import type { Assign, NodeAddress, RunShape } from '../protocol/messages.ts';
import type { ComputeTask, NodeRows, Row, RowCache } from './ports.ts';

/** Rows that came with a node and are not kept, by their place among its samples. */
export type ExtraRows = ReadonlyMap<number, Row>;

/** Which rows of an assigned node are not here: a mask over its samples. */
export interface Lacking {
  readonly rows: number;
  readonly mask: Uint8Array;
}

/** What is left to say of an assignment when its rows are put away. */
export interface Accepted {
  readonly samples: number;
  readonly extra?: ExtraRows;
  readonly lacking?: Lacking;
}

export interface NodeRowsOf {
  /** Puts the rows of an assignment away. */
  accept(assign: Assign): Accepted;
  /** The rows of a node, of which none may be lacking. */
  gather(node: NodeAddress, extra: ExtraRows | undefined): Pick<ComputeTask, 'begin' | 'end' | 'rows'>;
}

/** Epochs whose order is kept: that of the step under way, and the one that begins. */
const ORDERS_MAX = 2;

/** For one run. Its calls throw a RangeError where the machine has no room for the order of an epoch. */
export function openRows(run: RunShape & { readonly seed: number }, cache: RowCache): NodeRowsOf {
  const orders = new Map<number, Uint32Array>();
  const orderOf = (epoch: number): Uint32Array => {
    let order = orders.get(epoch);
    if (order === undefined) {
      order = epochOrder(run.seed, epoch, run.samples);
      for (const oldest of [...orders.keys()].slice(0, orders.size - ORDERS_MAX + 1)) orders.delete(oldest);
      orders.set(epoch, order);
    }
    return order;
  };
  /** The sample of the training set at each position of a node. */
  const samplesOf = (place: NodePlace): Uint32Array => {
    const first = place.batchBegin + place.begin;
    return orderOf(place.epoch).subarray(first, first + place.end - place.begin);
  };

  return {
    accept(assign) {
      const place = placeOfNode(run, assign);
      const samples = samplesOf(place);
      const extra = new Map<number, Row>();
      const rowAt = rowsOf(run, assign, samples.length);
      for (let i = 0, row = 0; row < assign.rows; i++) {
        if (!isInMask(assign.body, i)) continue;
        const came = rowAt(row++);
        if (!cache.put(samples[i]!, came)) extra.set(i, came);
      }
      const lacking = lackingOf(samples, (i) => extra.has(i) || cache.has(samples[i]!));
      return {
        samples: samples.length,
        ...(extra.size > 0 && { extra }),
        ...(lacking !== undefined && { lacking }),
      };
    },

    gather(node, extra) {
      const place = placeOfNode(run, node);
      const samples = samplesOf(place);
      const widths = { features: featureBytes(run), targets: targetBytes(run) };
      const rows: NodeRows = {
        features: new Uint8Array(samples.length * widths.features),
        targets: new Uint8Array(samples.length * widths.targets),
        weights: new Uint8Array(run.weighted ? samples.length * 4 : 0),
      };
      for (let i = 0; i < samples.length; i++) {
        const own = extra?.get(i);
        if (own === undefined) {
          cache.copy(samples[i]!, rows, i);
          continue;
        }
        rows.features.set(own.features, i * widths.features);
        rows.targets.set(own.targets, i * widths.targets);
        if (run.weighted) rows.weights.set(own.weight, i * 4);
      }
      return { begin: place.begin, end: place.end, rows };
    },
  };
}

/** The rows in the body of an assignment, counted in the order of its mask. */
function rowsOf(run: RunShape, { rows, body }: Assign, samples: number): (row: number) => Row {
  const layout = layoutRows(run, samples, rows);
  const part = (at: number, row: number, bytes: number) =>
    body.subarray(at + row * bytes, at + (row + 1) * bytes);
  return (row) => ({
    features: part(layout.features, row, featureBytes(run)),
    targets: part(layout.targets, row, targetBytes(run)),
    weight: part(layout.weights, row, run.weighted ? 4 : 0),
  });
}

function lackingOf(samples: Uint32Array, isHere: (i: number) => boolean): Lacking | undefined {
  let mask: Uint8Array | undefined;
  let rows = 0;
  for (let i = 0; i < samples.length; i++) {
    if (isHere(i)) continue;
    mask ??= new Uint8Array(maskBytes(samples.length));
    putInMask(mask, i);
    rows++;
  }
  return mask === undefined ? undefined : { rows, mask };
}
