import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Threads run the built program, as they do where it is installed: from source each would be compiled anew.
  define: { __KDUMP_INSPECT_DIST__: JSON.stringify(fileURLToPath(new URL('dist', import.meta.url))) },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/vm/**', 'node_modules/**'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 60_000,
    // One process for each processor runs all files of tests, and loads and compiles everything once.
    isolate: false,
    maxWorkers: '100%',
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text', 'json'],
    },
  },
});
