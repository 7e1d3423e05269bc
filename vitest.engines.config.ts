import { defineConfig } from 'vitest/config';
import shared from './vitest.config.ts';

// The tests of `npm run test:engines`: the same bits in other browsers, another Node and another processor. One file
// after the other, because each starts something heavy.
export default defineConfig({
  ...shared,
  test: { ...shared.test, include: ['test/src/**/*.test.engines.ts'], fileParallelism: false },
});
