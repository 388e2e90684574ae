import { describe, expect, it } from 'vitest';
import { dumpOf } from '../support/fixture.ts';
import { runMain } from '../support/run-main.ts';

const DUMP = dumpOf('linux-5.10');

describe('usage', () => {
  it.each([
    [['--by', 'owner'], /Allowed choices are type, slab, file, process/],
    [['--top', '0'], /A number of 1 or more is needed, or all/],
    [['--top', 'ALL'], /A number of 1 or more is needed, or all/],
    [['--top', '1e9'], /A number of 1 or more is needed, or all/],
    [['--top', '-1'], /A number of 1 or more is needed, or all/],
    [['--by', 'slab', '--sort', 'pages'], /size, name, objects, active/],
    [
      ['--by', 'file', '--sort', 'active'],
      /--sort active is not for --by file\n {2}--by file can be sorted by size or name/,
    ],
    [['--by', 'process', '--sort', 'objects'], /--by process can be sorted by size or name/],
    [['--sort', 'name'], /--sort name needs --by\n {2}the overview is sorted by size/],
  ])('%j is wrong usage', async (options, message) => {
    const { status, stdout, stderr } = await runMain(['usage', DUMP, ...options]);
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('lists all that there are with --top all', async () => {
    const { status, stdout } = await runMain(['usage', DUMP, '--top', 'all', '--json']);
    const { slabs, files, processes, modules } = JSON.parse(stdout);
    const counted = [slabs.caches, files.count, processes.count, modules.count];
    const listed = [slabs, files, processes, modules].map(({ largest }) => largest.length);
    expect({ status, listed }).toEqual({ status: 0, listed: counted });
    expect(files).toMatchObject({ countExact: true, leftOutUpTo: 0 });
  });

  it('needs a kernel, and says so if a file is something else', async () => {
    const { status, stdout, stderr } = await runMain(['usage', process.execPath]);
    expect(stderr).toMatch(/^kdump-inspect: /);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  });
});
