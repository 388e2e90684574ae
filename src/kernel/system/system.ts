import { InspectError } from '../../errors.ts';
import type { Checked } from '../evidence/checked.ts';
import { type Fact, factOf, known } from '../evidence/fact.ts';
import type { Kallsyms } from '../kallsyms/kallsyms.ts';
import { findLayout, type KernelLayout } from '../layout/layout.ts';
import { readModules } from '../modules/module-list.ts';
import { type ModuleNames, readModuleNames } from '../modules/module-names.ts';
import { type MemoryPressure, readMemoryPressure } from '../objects/memory-pressure.ts';
import {
  checkMemoryTotals,
  type MemoryTotals,
  readMemoryTotals,
  readSwapTotals,
} from '../objects/memory-totals.ts';
import type { Kernel } from '../open/kernel.ts';
import { panickingCpu } from '../tasks/running.ts';
import { listTasks, type TaskListing } from '../tasks/task-listing.ts';
import { TypedKernel } from '../types/typed-kernel.ts';
import { readBuildId } from './build-id.ts';
import { readClocks } from './clocks.ts';
import type { Clocks } from './clocks-by-shape.ts';
import { readCommandLine } from './command-line.ts';
import { readLoad } from './load.ts';
import { type PanicReason, readPanicReason } from './panic-reason.ts';
import { type LoggedTask, readPanicTask } from './panic-task.ts';
import { countProcessors, type Processors, processorModel } from './processors.ts';
import { readTaint } from './taint.ts';
import { readUtsname, type Utsname } from './utsname.ts';

/** A summary of a system; each value, or why it is missing. */
export interface SystemFacts {
  readonly utsname: Fact<Utsname>;
  readonly clocks: Fact<Clocks>;
  readonly processors: Fact<Processors>;
  readonly processorModel: Fact<string>;
  readonly load: Fact<readonly [number, number, number]>;
  readonly memory: Fact<MemoryTotals>;
  readonly memoryChecks: Fact<Checked>;
  readonly swap: Fact<MemoryTotals>;
  /** Whether memory ran short. */
  readonly pressure?: Fact<MemoryPressure>;
  readonly taint: Fact<ReturnType<typeof readTaint>>;
  readonly commandLine: Fact<string>;
  /** From the image; undefined if it has none. */
  readonly buildId: Fact<string | undefined>;
  readonly modules: Fact<ModuleNames>;
  readonly tasks: Fact<TaskListing>;
  /** null if no CPU has panicked. */
  readonly panickingCpu: Fact<number | null>;
  readonly panicReason: Fact<PanicReason | null>;
  readonly layout: Fact<KernelLayout>;
  /** Why names of symbols may be wrong, a sentence; null if nothing suggests it. */
  readonly symbolDamage?: string | null;
  /** Whether page tables, symbols and types could all be read. */
  readonly readable: boolean;
  /** Of a kernel that was built without types: why values are missing, and what would bring them. */
  readonly noTypes?: { readonly reason: string; readonly hint: string } | null;
  /** Where tasks are not known: the one that panicked, by the log; undefined if the log does not tell. */
  readonly loggedTask?: Fact<LoggedTask | undefined>;
}

/**
 * Collects everything about a system. Some values need no types and are read without BTF, some need not even
 * symbols; nothing is read without page tables.
 * @param pageOffset from the user
 * @param symbols if they were read already
 */
export function inspectSystem(kernel: Fact<Kernel>, pageOffset?: bigint, symbols?: Kallsyms): SystemFacts {
  // Symbols and types are read here once, so that a failure occurs once.
  const named = factOf(kernel, (opened) => {
    const made = new TypedKernel(opened, symbols);
    return { made, symbols: made.symbols };
  });
  const typed = factOf(named, ({ made }) => ({ made, types: made.types }));
  const noTypes = 'value' in named ? named.value.made.noTypes : null;
  const symbolic = bySymbols(factOf(named, ({ made }) => made));
  const structural = byTypes(factOf(typed, ({ made }) => made));
  const cpu = known(symbolic.panickingCpu) ?? null;
  return {
    ...symbolic,
    ...structural,
    ...(noTypes ? withoutTypes(factOf(named, ({ made }) => made)) : {}),
    ...(isUntold(structural.tasks) && !isLive(kernel)
      ? { loggedTask: factOf(kernel, (one) => readPanicTask(one, cpu)) }
      : {}),
    utsname: factOf(kernel, readUtsname),
    panicReason: factOf(kernel, readPanicReason),
    layout: factOf(kernel, (opened) => findLayout(opened, pageOffset, symbolsOf(named))),
    symbolDamage: 'value' in named ? named.value.symbols.damage : null,
    readable: 'value' in typed,
    noTypes: noTypes && { reason: noTypes.message, hint: noTypes.facts.hint ?? '' },
  };
}

/** Whether the kernel does not tell, as opposed to a dump that lost it. */
function isUntold(of: Fact<unknown>): boolean {
  return 'missing' in of && of.kind === 'missingInfo';
}

function isLive(kernel: Fact<Kernel>): boolean {
  return 'value' in kernel && kernel.value.image.live;
}

function symbolsOf(named: Fact<{ readonly symbols: TypedKernel['symbols'] }>): () => TypedKernel['symbols'] {
  return () => {
    if ('value' in named) return named.value.symbols;
    throw new InspectError(named.kind, named.missing);
  };
}

function bySymbols(named: Fact<TypedKernel>) {
  return {
    load: factOf(named, readLoad),
    memory: factOf(named, readMemoryTotals),
    swap: factOf(named, readSwapTotals),
    pressure: factOf(named, readMemoryPressure),
    taint: factOf(named, readTaint),
    commandLine: factOf(named, readCommandLine),
    buildId: factOf(named, readBuildId),
    panickingCpu: factOf(named, panickingCpu),
  };
}

/** Values that need no types because memory itself proves where they are. */
function withoutTypes(named: Fact<TypedKernel>) {
  return {
    clocks: factOf(named, readClocks),
    processors: factOf(named, countProcessors),
    processorModel: factOf(named, processorModel),
    modules: factOf(named, (typed): ModuleNames => readModuleNames(typed) ?? readModules(typed)),
  };
}

function byTypes(typed: Fact<TypedKernel>) {
  return {
    clocks: factOf(typed, readClocks),
    memoryChecks: factOf(typed, checkMemoryTotals),
    processors: factOf(typed, countProcessors),
    processorModel: factOf(typed, processorModel),
    modules: factOf(typed, readModules),
    tasks: factOf(typed, listTasks),
  };
}
