/** The network and its data in a sentence. */

import { formatCount } from '../../cli/format.ts';
import type { Results } from '../results.ts';

/** `A network of 784-32-10 units with 25,450 parameters, trained on ...`. */
export function summaryLine({ layers, base, samples }: Results): string {
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  const units = base.model.layers.flatMap((layer) => (layer.type === 'dense' ? [layer.units] : []));
  return (
    `A network with layers of ${units.join(', ')} units and ${formatCount(parameters)} parameters, trained on ` +
    `${formatCount(samples)} samples with ${base.optimizer.type}.`
  );
}
