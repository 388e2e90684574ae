import { describe, expect, it } from 'vitest';
import { dumpOf } from '../support/fixture.ts';
import { runMain } from '../support/run-main.ts';
import { programOnTerminal } from '../support/terminal.ts';

const DUMP = dumpOf('linux-5.10');

describe('usage', () => {
  it.each([
    [['--by', 'owner'], /--by cannot be 'owner': type, slab, file, process or cgroup is needed/],
    [['--top', '0'], /a number of 1 or more is needed, or all/],
    [['--top', 'ALL'], /a number of 1 or more is needed, or all/],
    [['--top', '1e9'], /a number of 1 or more is needed, or all/],
    [['--top', '-1'], /a number of 1 or more is needed, or all/],
    [['--by', 'slab', '--sort', 'pages'], /size, name, objects or active is needed/],
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

describe('the first screen of usage', () => {
  const NUMA = dumpOf('linux-6.12-numa');
  const CHECKED = '38 of 38 kernel counters explained: 37 equal, 1 with its reason (see --check)';

  it.each([
    [40, ['TYPE', 'PAGES', 'SIZE', '%'], 0],
    [80, ['TYPE', 'PAGES', 'SIZE', '%', 'DESCRIPTION'], 13],
    [100, ['TYPE', 'PAGES', 'SIZE', '%', 'DESCRIPTION'], 33],
    [200, ['TYPE', 'PAGES', 'SIZE', '%', 'DESCRIPTION'], 40],
  ])('tells on a terminal of %d columns what holds the memory', (columns, headings, bar) => {
    const { text, status } = programOnTerminal(['usage', NUMA, '--quiet', '--no-color'], { columns });
    const lines = text.split('\n');
    expect(status).toBe(0);
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
    const screen = lines.slice(0, 24);
    const heading = screen.findIndex((line) => line.startsWith('TYPE'));
    expect(screen[heading]?.trim().split(/ +/)).toEqual(headings);
    expect(/#*(?= {2}|$)/.exec(screen[heading + 1]?.replace(/^[^#]*/, '') ?? '')?.[0].length).toBe(bar);
    const names = screen.slice(heading + 1).map((line) => /^[a-z, ]+(?= {2})/.exec(line)?.[0].trim());
    expect(names.slice(0, 3)).toEqual(['free', 'shmem', 'kernel image']);
    expect(names.filter((name) => name === 'total' || name === 'crash kernel')).toEqual([
      'total',
      'crash kernel',
    ]);
    const whole = lines.join(' ').replace(/ +/g, ' ');
    expect(whole).toContain(CHECKED);
    if (columns >= 80) expect(screen).toContain(CHECKED);
  });

  it('is the same in a pipe, with short bars and without a line break', async () => {
    const { stdout } = await runMain(['usage', NUMA]);
    const lines = stdout.split('\n').slice(0, 24);
    expect(lines).toContain(CHECKED);
    expect(lines[3]).toMatch(/^free +\d+ +\d+\.\d MiB +\d\d\.\d {2}#{10} {2}In the buddy allocator$/);
  });
});
