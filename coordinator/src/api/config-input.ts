/** A configuration as a caller writes it: what the schema takes, whether or not it may be changed. */

import type { z } from 'zod';
import type { configSchema } from '../config/schema.ts';

/** Nothing here changes what it is given, so constants (`as const`) do as well. */
export type Unchanged<T> = T extends object ? { readonly [K in keyof T]: Unchanged<T[K]> } : T;

/** What a configuration file holds; every setting with a default may be left out. */
export type ConfigInput = Unchanged<z.input<typeof configSchema>>;
