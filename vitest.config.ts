import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Threads run the built program, as they do where it is installed: from source each would be compiled anew.
  define: { __KDUMP_INSPECT_DIST__: JSON.stringify(fileURLToPath(new URL('dist', import.meta.url))) },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/vm/**', 'test/nodes/**', 'test/deb/**', 'node_modules/**'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // No test leaves anything behind in its process: one a processor runs them all, and loads and compiles everything once.
    isolate: false,
    maxWorkers: '100%',
    // What runs in processes and threads of its own does not count: most commands are run by test/support/run-main.ts.
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: [['text', { skipFull: true }]],
      reportsDirectory: 'node_modules/.coverage',
      thresholds: { statements: 95, branches: 90, functions: 95, lines: 95 },
    },
  },
});
