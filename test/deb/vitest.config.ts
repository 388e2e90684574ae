import path from 'node:path';
import { defineConfig } from 'vitest/config';

const minute = 60_000;

export default defineConfig({
  test: {
    root: path.resolve(import.meta.dirname, '../..'),
    include: ['test/deb/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // A Debian is installed in a hook.
    hookTimeout: 20 * minute,
    testTimeout: 5 * minute,
    reporters: ['verbose'],
  },
});
