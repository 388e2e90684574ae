import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { listed } from './kernel-list.ts';

const minute = 60_000;

const root = path.resolve(import.meta.dirname, '../..');

/** Runs one test file with a name of its own. */
const project = (name: string, file: string, provide: { kernel: string } | Record<string, never> = {}) => ({
  test: {
    name,
    root,
    include: [`test/vm/${file}`],
    provide,
    // A guest is booted and crashed in a hook, under software emulation; machine.ts gives up before this
    // limit.
    hookTimeout: 22 * minute,
    testTimeout: 5 * minute,
  },
});

export default defineConfig({
  test: {
    root,
    // One file for all kernels, run once for each.
    projects: [
      ...listed().map(({ name }) => project(name, 'kernel.test.ts', { kernel: name })),
      project('least-privilege', 'least-privilege.test.ts'),
      project('pressure', 'pressure.test.ts'),
    ],
    globalSetup: ['test/support/global-setup.ts', 'test/vm/global-setup.ts'],
    // Each file boots a guest with one emulated processor, so each needs one processor of this machine.
    maxWorkers: 2,
    // One test at a time: a report only at the end would mean minutes of silence.
    reporters: ['verbose'],
  },
});
