import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'rolldown';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Replaces the program's FileSource by one for injected files. The fuzzer itself reads with the real one. */
const injection: Plugin = {
  name: 'injected files',
  resolveId: (source, importer) =>
    source.endsWith('/file-source.ts') && importer?.includes('/src/')
      ? here('injected-file-source.ts')
      : undefined,
};

/** Bundles a worker together with the program under test; returns its path. */
export async function bundleWorker(worker = 'worker.ts'): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-fuzz-'));
  const outfile = join(folder, 'worker.cjs');
  await build({
    input: here(worker),
    platform: 'node',
    plugins: [injection],
    transform: { target: 'node20.19', define: { 'import.meta.url': '__filenameUrl' } },
    output: {
      file: outfile,
      format: 'cjs',
      sourcemap: 'inline',
      codeSplitting: false,
      banner: `const __filenameUrl = require('node:url').pathToFileURL(${JSON.stringify(here('bases.ts'))}).href;`,
    },
    logLevel: 'silent',
  });
  return outfile;
}
