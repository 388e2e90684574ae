import path from 'node:path';
import { defineConfig } from 'vitest/config';

const minute = 60_000;

export default defineConfig({
  test: {
    root: path.resolve(import.meta.dirname, '../..'),
    include: ['test/vm/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts', 'test/vm/global-setup.ts'],
    // A guest is booted and crashed in a hook, under software emulation; machine.ts gives up before this
    // limit.
    hookTimeout: 22 * minute,
    testTimeout: 5 * minute,
    // Each file boots a guest with one emulated processor, so each needs one processor of this machine.
    maxWorkers: 2,
    // One test at a time: a report only at the end would mean minutes of silence.
    reporters: ['verbose'],
  },
});
