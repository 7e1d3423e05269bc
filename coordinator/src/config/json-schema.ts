/**
 * The configuration's JSON Schema (draft 2020-12), for editors: a file that names it in `$schema` gets
 * completion, descriptions and red lines. It describes what people write, so settings with a default are
 * optional. The published copy is coordinator/config.schema.json.
 */

import * as z from 'zod';
import { configSchema } from './schema.ts';

/** A JSON Schema object; a fresh one on every call. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { target: 'draft-2020-12', io: 'input' });
  return { $schema, title: 'hivegrad configuration', ...rest };
}
