import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openImage } from '../../../src/formats/open.ts';
import { pattern } from '../../builders/encode.ts';
import { vmwareState } from '../../builders/vmware.ts';

const RAM = pattern(4 * 4096, 3);
const REGIONS = [
  { ppn: 0, pageNum: 0, pages: 1 },
  { ppn: 2 ** 20, pageNum: 1, pages: 3 },
];
const WITH_STATE = 'VMware memory file with its state';

describe('the files of a VMware machine', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vmware-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(name: string, bytes: Uint8Array): string {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  async function formatOf(path: string, options: Parameters<typeof openImage>[1] = {}): Promise<string> {
    const image = await openImage([path], options);
    image.close();
    expect(image.path).toBe(path);
    return image.format;
  }

  it.each([
    ['machine.vmem', 'machine.vmss'],
    ['machine-Snapshot1.vmem', 'machine-Snapshot1.vmsn'],
    ['MACHINE.VMEM', 'MACHINE.vmss'],
  ])('are found by the name that they share: %s and %s', async (memory, state) => {
    const paths = [write(memory, RAM), write(state, vmwareState({ regions: REGIONS }))] as const;
    expect(await formatOf(paths[0])).toBe(WITH_STATE);
    expect(await formatOf(paths[0], { format: 'raw' })).toBe(WITH_STATE);
    if (memory.endsWith('.vmem')) expect(await formatOf(paths[1])).toBe(WITH_STATE);
  });

  it('are not needed where the state has memory, or the user says where memory is', async () => {
    const state = write('machine.vmss', vmwareState({ memory: RAM }));
    expect(await formatOf(state)).toBe('VMware state with memory');
    const memory = write('other.vmem', RAM);
    write('other.vmss', vmwareState({ regions: REGIONS }));
    const hole = { start: 4096, end: 2 ** 32 };
    expect(await formatOf(memory, { format: 'raw', hole })).toBe(
      'raw memory image with given hole 0x1000-0x100000000',
    );
  });

  it('are not guessed: a memory file alone is plain memory if the user says so', async () => {
    const memory = write('machine.vmem', RAM);
    write('machine.vmss', pattern(100, 1));
    await expect(openImage([memory])).rejects.toMatchObject({
      kind: 'unsupported',
      facts: { hint: expect.stringContaining('--format raw') },
    });
    expect(await formatOf(memory, { format: 'raw' })).toBe('raw memory image');
  });

  it('are not both needed for plain memory, if the state is damaged', async () => {
    const memory = write('machine.vmem', RAM);
    write('machine.vmss', vmwareState({ regions: REGIONS, regionsCount: 9 }));
    await expect(openImage([memory])).rejects.toMatchObject({ kind: 'corrupt' });
    const image = await openImage([memory], { format: 'raw' });
    image.close();
    expect([image.format, image.warnings]).toEqual([
      'raw memory image',
      [expect.stringMatching(/the state beside it is not used: .*machine\.vmss.*regionPPN of region 2/)],
    ]);
  });

  it('are both needed if memory is not in the state', async () => {
    const state = write('machine.vmss', vmwareState({ regions: REGIONS }));
    await expect(openImage([state])).rejects.toMatchObject({
      kind: 'unsupported',
      facts: { path: state, hint: expect.stringContaining('.vmem') },
    });
  });
});
