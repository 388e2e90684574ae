import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/vm/**', 'node_modules/**'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 60_000,
    // No test leaves anything behind in its process: one a processor runs them all, and loads and compiles everything once.
    isolate: false,
    maxWorkers: '100%',
    coverage: { provider: 'v8', include: ['src/**/*.ts'] },
  },
});
