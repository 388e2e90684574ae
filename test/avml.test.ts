import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileSource } from '../src/bytes/file-source.ts';
import type { ByteSource } from '../src/bytes/source.ts';
import { openSources } from '../src/formats/open.ts';
import { AVML_BLOCK, type AvmlForm, asAvml } from './builders/avml.ts';
import { openSource } from './builders/open-source.ts';
import { dumpOf } from './support/fixture.ts';
import { runMain } from './support/run-main.ts';

/** Fixtures that keep what the kernel says of the crash kernel's memory, which their dumps do not have. */
const MEMORIES = ['linux-5.10', 'linux-6.12-numa', 'linux-7.3-5level'] as const;
const FORMS: readonly AvmlForm[] = ['avml', 'lime'];

const folder = mkdtempSync(join(tmpdir(), 'avml-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a file that is only described. */
function written(source: ByteSource, name: string): string {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  const bytes = new Uint8Array(1 << 20);
  for (let at = 0; at < source.size; at += bytes.length)
    writeSync(file, bytes.subarray(0, source.read(at, bytes)));
  closeSync(file);
  return path;
}

async function jsonOf(command: string, path: string, ...options: string[]): Promise<Record<string, unknown>> {
  const { status, stdout } = await runMain([command, path, ...options, '--json']);
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

/** Without the name of the format and what only notes tell: when it was, and checks by the number of CPUs. */
function figures({ file: _, checks: __, warnings: ___, kernel, ...rest }: Record<string, unknown>) {
  const { crashTime: ____, ...told } = { ...(kernel as Record<string, unknown>) };
  return { ...rest, kernel: told };
}

describe.each(MEMORIES)('the memory of %s', (name) => {
  const dump = dumpOf(name);
  const file = new FileSource(dump);
  const image = openSource(file);
  afterAll(() => image.close());

  describe.each(FORMS)('as AVML writes it, form %s', (form) => {
    let path = '';
    beforeAll(() => {
      path = written(asAvml(file, [...image.segments], form), `${name}.${form}`);
    }, 120_000);
    afterAll(() => rmSync(path));

    it('lacks blocks of zeros', async () => {
      const saved = await openSources([new FileSource(path)]);
      expect(image.memory.amounts.stored - saved.memory.amounts.stored).toBeGreaterThanOrEqual(AVML_BLOCK);
    });

    it.each([[[]], [['--jobs', '2']]])('has the same pages, %j', async (options) => {
      expect(figures(await jsonOf('pages', path, ...options))).toEqual(figures(await jsonOf('pages', dump)));
    });

    it('has the same users of memory', async () => {
      const top = ['--top', '100000'];
      expect(figures(await jsonOf('usage', path, ...top))).toEqual(
        figures(await jsonOf('usage', dump, ...top)),
      );
    });

    it('has the same rows for makedumpfile, which does not count the kernel image twice here', async () => {
      const rows = async (at: string) => {
        const { classes } = await jsonOf('pages', at, '--compat', 'makedumpfile');
        const { kernelData: _, ...others } = classes as Record<string, unknown>;
        return others;
      };
      expect(await rows(path)).toEqual(await rows(dump));
    });

    it('has the same tasks, and lies at the same addresses', async () => {
      expect(figures(await jsonOf('ps', path, '--threads'))).toEqual(
        figures(await jsonOf('ps', dump, '--threads')),
      );
      const values = async (at: string) =>
        Object.entries(await jsonOf('layout', at)).map(([key, entry]) => [
          key,
          (entry as { value?: unknown } | null)?.value,
        ]);
      expect(await values(path)).toEqual(await values(dump));
    });
  });
});
