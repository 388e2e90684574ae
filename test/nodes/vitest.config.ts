import path from 'node:path';
import { defineConfig } from 'vitest/config';

const minute = 60_000;

export default defineConfig({
  test: {
    root: path.resolve(import.meta.dirname, '../..'),
    include: ['test/nodes/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Releases of Node.js are downloaded in hooks, and a registry may be slow.
    hookTimeout: 20 * minute,
    testTimeout: 5 * minute,
    reporters: ['verbose'],
  },
});
