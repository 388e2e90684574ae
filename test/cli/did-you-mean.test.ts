import { describe, expect, it } from 'vitest';
import { dumpOf } from '../support/fixture.ts';
import { runMain } from '../support/run-main.ts';

const NUMA = dumpOf('linux-6.12-numa');
const OLD = dumpOf('linux-5.10');

describe('a key that VMCOREINFO does not have', () => {
  it.each([
    [NUMA, 'OSRELEAS', 'OSRELEASE'],
    [NUMA, 'osrelease', 'OSRELEASE'],
    [NUMA, 'SIZE(pag)', 'SIZE(page)'],
    [NUMA, 'init_uts_ns', 'SYMBOL(init_uts_ns)'],
    [NUMA, 'init_uts_nss', 'SYMBOL(init_uts_ns)'],
    [OLD, 'SYMBOL(phys_base)', 'NUMBER(phys_base)'],
    [NUMA, 'OFFSET(list_head)', 'SIZE(list_head)'],
  ])('suggests the nearest ones (%s, %s)', async (dump, key, right) => {
    // The key that is suggested is there.
    expect((await runMain(['vmcoreinfo', dump, '--get', right])).status).toBe(0);
    const ran = await runMain(['vmcoreinfo', dump, '--get', key]);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(`VMCOREINFO has no line ${key}\n  did you mean ${right}`);
  });

  it('suggests nothing if nothing is like it', async () => {
    const ran = await runMain(['vmcoreinfo', NUMA, '--get', 'nonsense']);
    expect(ran.stderr).not.toContain('did you mean');
    expect(ran.status).toBe(1);
  });
});

describe('a member that a structure does not have', () => {
  it.each([
    ['list_head.nxt', 'next'],
    // include/linux/mm_types.h: in a union without a name, within another.
    ['page.lur', 'lru'],
    ['task_struct.mm->pdg', 'pgd'],
  ])('%s suggests %s', async (path, right) => {
    const ran = await runMain(['struct', NUMA, path]);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toMatch(new RegExp(`has no member \\w+\\n {2}did you mean (\\w+ or )*${right}\\b`));
  });
});
