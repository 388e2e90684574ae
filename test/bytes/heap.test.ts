import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const HEAP = fileURLToPath(new URL('../../src/bytes/heap.ts', import.meta.url));

/**
 * Makes and drops objects, some of which stay for a while; prints the peak memory of the process in KiB.
 * getrusage() would include the peak of the parent process.
 */
const program = (spare: boolean) => `
  import { readFileSync } from 'node:fs';
  import { spareHeap } from ${JSON.stringify(HEAP)};
  if (${spare}) { spareHeap(); spareHeap(); }
  const ring = [];
  for (let i = 0; i < 1_500_000; i++) ring[i % 200_000] = { at: BigInt(i), name: 'object ' + i };
  console.log(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))[1]);
`;

function peakOf(spare: boolean): number {
  const args = ['--import', 'tsx', '--input-type=module', '-e', program(spare)];
  return Number(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout);
}

describe('spareHeap', () => {
  it('makes the same work take less memory', () => {
    const [usual, spared] = [peakOf(false), peakOf(true)];
    expect(spared).toBeGreaterThan(0);
    expect(spared).toBeLessThan(usual);
  }, 60_000);
});
