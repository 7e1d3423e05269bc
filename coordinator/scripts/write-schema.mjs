// Writes coordinator/config.schema.json from the configuration's schema in the sources.
// Run it after a change of src/config/schema.ts: node coordinator/scripts/write-schema.mjs

import { writeFileSync } from 'node:fs';
import { register } from 'tsx/esm/api';

register();
const { configJsonSchema } = await import('../src/config/json-schema.ts');
const path = new URL('../config.schema.json', import.meta.url);
writeFileSync(path, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
