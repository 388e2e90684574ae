import { apart, backwards, empty, nested, notes, scattered, touching } from './elf-files.ts';
import { overlappingRecords, scatteredRecords, tinyRecords } from './flat-files.ts';
import { alternating, claiming, full, splitClaiming, splitInto } from './kdump-files.ts';
import { limeRanges } from './lime-files.ts';
import { largeLog, plantedLog } from './log-files.ts';
import { hugeEraseinfo, hugeVmcoreinfo, longVmcoreinfo, manyCpus, manyEraseinfo } from './note-files.ts';
import { slabCaches, vmallocAreas } from './object-files.ts';
import { files } from './page-cache-files.ts';
import { pidTable, tasks } from './task-files.ts';
import { manyEnumerators, manyTypes } from './type-files.ts';

const MILLION = 1_000_000;

/** Files made to be too much. Each is written to a path, its parts beside it; returns the parts' paths. */
export const FILES: Readonly<Record<string, (path: string) => readonly string[]>> = {
  'loads-apart': apart(MILLION),
  'loads-backwards': backwards(MILLION),
  'loads-nested': nested(MILLION),
  'loads-touching': touching(4 * MILLION - 100),
  'loads-scattered': scattered(MILLION),
  'headers-empty': empty(4 * MILLION - 100),
  'notes-empty': notes(4 * MILLION - 100),
  'notes-cpus': manyCpus,
  'notes-eraseinfo': manyEraseinfo,
  'note-eraseinfo': hugeEraseinfo,
  'note-vmcoreinfo': hugeVmcoreinfo,
  'note-keys': longVmcoreinfo,
  'flat-2M': scatteredRecords(2 * MILLION),
  'flat-4M': scatteredRecords(4 * MILLION),
  'flat-overlapping': overlappingRecords(MILLION),
  'flat-tiny': tinyRecords(20 * MILLION),
  'lime-100000': limeRanges(100_000),
  'lime-1M': limeRanges(MILLION),
  'kdump-2^34': claiming(2 ** 34),
  'kdump-2^36': claiming(2 ** 36),
  'kdump-2^40': claiming(2 ** 40),
  'kdump-alternating': alternating(2 ** 32),
  'kdump-full': full(2 ** 32),
  'kdump-split': splitInto(300),
  'kdump-split-2^33': splitClaiming(2 ** 33, 64),
  'log-16M': largeLog,
  'log-planted': plantedLog,
  'tasks-1M': tasks(MILLION),
  'pid-table-2M': pidTable(2 * MILLION),
  'slab-caches-1M': slabCaches(MILLION),
  'vmalloc-1M': vmallocAreas(MILLION),
  'files-26k': files(26_000),
  'types-2M': manyTypes,
  'enumerators-3M': manyEnumerators,
};
