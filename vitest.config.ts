import { defineConfig } from 'vitest/config';

// Tests read the sources of every package; only threads need what the build wrote (Node 20 cannot
// load TypeScript in a thread). Forks, because Piscina starts threads of its own.
const conditions = ['@hivegrad/source', 'node', 'import', 'module', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    pool: 'forks',
    include: ['{shared,worker,coordinator,browser-client,test}/src/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
