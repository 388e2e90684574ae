import path from 'node:path';
import { defineConfig } from 'vitest/config';

const minute = 60_000;

export default defineConfig({
  test: {
    root: path.resolve(import.meta.dirname, '../..'),
    include: ['test/vm/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts', 'test/vm/global-setup.ts'],
    // A guest is booted and crashed in a hook, under software emulation; machine.ts gives up before this does.
    hookTimeout: 22 * minute,
    testTimeout: 5 * minute,
    // Each file boots a guest of one emulated processor, so a processor of this machine for each.
    maxWorkers: 2,
    // A test at a time: a report at the end alone would be minutes of silence.
    reporters: ['verbose'],
  },
});
