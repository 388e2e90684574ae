import { describe, expect, it } from 'vitest';
import { dumpOf } from '../support/fixture.ts';
import { filesOf, forms } from '../support/form.ts';
import { run } from '../support/run.ts';
import { runMain } from '../support/run-main.ts';

const NUMA = dumpOf('linux-6.12-numa');
const ZSTD = forms().flatMap((form) => (form.name.includes('zstd') ? filesOf(form) : []));

describe('the built program prints the same as its source, which runs in the process of the tests:', () => {
  it.each([
    [[]],
    [['--help']],
    [['pages', '--help']],
    [['--nonsense']],
    [['nonsense\x1b[2J']],
    [[NUMA]],
    [['log', NUMA]],
    [['pages', NUMA]],
    [['pages', NUMA, '--json']],
    [['pages', NUMA, '--color']],
    [['pages', dumpOf('linux-6.1'), '--compat', 'makedumpfile']],
    [['info', NUMA]],
    [['usage', NUMA, '--top', '3']],
    [['ps', NUMA]],
    [['dmesg', NUMA, '--json', '--last', '20']],
    [['page', NUMA, '0xc000000']],
    [['struct', NUMA, 'init_task.comm']],
    [['symbols', NUMA, 'page_offset_b*']],
    [['layout', NUMA]],
    [['vmcoreinfo', NUMA, '--raw']],
    [['segments', NUMA]],
    [['translate', NUMA, '0x0']],
    [['struct', dumpOf('qemu-6.1'), 'page']],
    [['pages', ...ZSTD]],
    [['info', '/none']],
  ])('%j', async (args) => {
    const built = run(args);
    expect(await runMain(args)).toEqual(built);
    expect(built.stdout.length + built.stderr.length).toBeGreaterThan(10);
  });
});
