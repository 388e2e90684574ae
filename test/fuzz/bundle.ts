import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** The program's own FileSource gives way to one that opens injected files; the fuzzer's bases are read by the true one. */
const injection: Plugin = {
  name: 'injected files',
  setup({ onResolve }) {
    onResolve({ filter: /\/file-source\.ts$/ }, ({ importer }) =>
      importer.includes('/src/') ? { path: here('injected-file-source.ts') } : undefined,
    );
  },
};

/** Bundles the worker with the program under test inside; returns its path. */
export async function bundleWorker(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-fuzz-'));
  const outfile = join(folder, 'worker.cjs');
  await build({
    entryPoints: [here('worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
    sourcemap: 'inline',
    define: { 'import.meta.url': '__filenameUrl' },
    banner: {
      js: `const __filenameUrl = require('node:url').pathToFileURL(${JSON.stringify(here('bases.ts'))}).href;`,
    },
    plugins: [injection],
    logLevel: 'error',
  });
  return outfile;
}
