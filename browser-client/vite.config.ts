/**
 * Builds the page into dist/page: index.html, one style sheet, a script for each thread and the kernels. All names but
 * that of index.html have the hash of their content, and all addresses are relative, so that a proxy can put the page
 * anywhere.
 */

import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  // Sources of our own packages; the other three are what Vite itself would ask for.
  resolve: { conditions: ['@hivegrad/source', 'module', 'browser', 'production'] },
  worker: { format: 'es' },
  build: {
    outDir: 'dist/page',
    target: 'es2022',
    // Whatever would be written into a file as a data URL is what the Content Security Policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What others wrote is bundled with it, and their licenses ask to be there too.
    license: { fileName: 'licenses.md' },
  },
});
