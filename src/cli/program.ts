import { Argument, Command, Option } from 'commander';
import { escapeText } from '../report/escape.ts';
import type { DmesgOptions } from './commands/dmesg.ts';
import type { PagesOptions } from './commands/pages.ts';
import type { PsOptions } from './commands/ps.ts';
import type { UsageOptions } from './commands/usage.ts';
import type { VmcoreinfoOptions } from './commands/vmcoreinfo.ts';
import { parseLevels, parseSeconds } from './options/log-filter.ts';
import {
  type CommonOptions,
  type PageOperand,
  parseAddress,
  parseCount,
  parseFileName,
  parseJobs,
  parsePage,
} from './options/options.ts';
import { printOut, say } from './output/write.ts';

declare const __KDUMP_INSPECT_VERSION__: string | undefined;

/** The bundle knows its version; run from source there is none. */
const VERSION = typeof __KDUMP_INSPECT_VERSION__ === 'string' ? __KDUMP_INSPECT_VERSION__ : '0.0.0-source';

const EXAMPLES = `
Examples:
  kdump-inspect info vmcore               what happened to which kernel
  kdump-inspect pages /proc/kcore         what this machine's memory is used for
  kdump-inspect pages vmcore --json | jq .classes.free.pages
  kdump-inspect usage vmcore              who holds the memory
  kdump-inspect dmesg vmcore --panic      what the kernel said when it died
  kdump-inspect page vmcore 0x1000000     a page: its class, and whose it is

Without FILE the live /proc/kcore is read, which takes root.

Exit status: 0 done; 1 could not be done; 2 wrong usage; 3 done, but the dump is
incomplete.
`;

const FILE = 'a vmcore of any format, or all parts of a split one, or /proc/kcore';

const PS_HELP = `
A > is before tasks that were on a CPU, a ! before the one that panicked; the
kernel's own threads are in brackets. S is the state, as in ps(1): R running,
S sleeping, D disk sleep, T stopped, t traced, X dead, Z zombie, P parked,
I idle.
`;

/** Takes the exit status of a command that has run. */
export type Done = (status: number) => void;

/** The commands, in the order of the help. */
const MAKERS: Readonly<Record<string, (done: Done) => Command>> = {
  info,
  pages,
  usage,
  ps,
  dmesg,
  page,
  struct,
  symbols,
  layout,
  vmcoreinfo,
  segments,
  translate,
};

/**
 * The command line; of a known command, what belongs to that alone, for the options of all take longer than to open a dump.
 * Each command's code is loaded only when it runs, for start-up time too.
 */
export function makeProgram(done: Done, first?: string): Command {
  const program = new Command('kdump-inspect')
    .description(
      'Reads a Linux x86_64 vmcore or the live /proc/kcore and says what every page of memory is used for.',
    )
    .version(VERSION)
    .addHelpText('after', EXAMPLES)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .showHelpAfterError('(kdump-inspect --help lists the commands and options)');
  const known = first !== undefined && Object.hasOwn(MAKERS, first) ? MAKERS[first] : undefined;
  for (const make of known ? [known] : Object.values(MAKERS)) {
    const command = withErrors(withCommonOptions(make(done)));
    command.showHelpAfterError(`(kdump-inspect ${command.name()} --help has its operands and options)`);
    program.addCommand(command);
  }
  return withErrors(program);
}

function pages(done: Done): Command {
  const compat = new Option('--compat <program>', 'count as another program does, its errors included');
  return new Command('pages')
    .description('what every physical page is used for: the main report')
    .argument('[FILE...]', FILE)
    .addOption(compat.choices(['makedumpfile']))
    .addOption(new Option('--jobs <n>', 'threads to work on at most').argParser(parseJobs))
    .action(async (files: string[], options: PagesOptions) =>
      done(await (await import('./commands/pages.ts')).pages(files, options)),
    );
}

function vmcoreinfo(done: Done): Command {
  return new Command('vmcoreinfo')
    .description('the VMCOREINFO note: what the kernel says of itself')
    .argument('[FILE...]', FILE)
    .option('--raw', 'the text of the note, as it stands (escaped on a terminal)')
    .option('--get <key>', 'one value, as it stands: OSRELEASE, SYMBOL(init_top_pgt)')
    .action(async (files: string[], options: VmcoreinfoOptions) =>
      done(await (await import('./commands/vmcoreinfo.ts')).vmcoreinfo(files, options)),
    );
}

function layout(done: Done): Command {
  return new Command('layout')
    .description('where the kernel put its regions, by every method that there is')
    .argument('[FILE...]', FILE)
    .action(async (files: string[], options: CommonOptions) =>
      done(await (await import('./commands/layout.ts')).layout(files, options)),
    );
}

function segments(done: Done): Command {
  return new Command('segments')
    .description("the file's own map: segments, overlaps, holes")
    .argument('[FILE...]', FILE)
    .action(async (files: string[], options: CommonOptions) =>
      done(await (await import('./commands/segments.ts')).segments(files, options)),
    );
}

function translate(done: Done): Command {
  // There may be a hundred thousand of them, so the list of those before is not copied for each.
  const collect = (text: string, before: bigint[] = []) => {
    before.push(parseAddress(text));
    return before;
  };
  return new Command('translate')
    .description('the page-table walk of virtual addresses')
    .argument('<FILE>', FILE)
    .addArgument(new Argument('<ADDR...>', 'virtual addresses, 0x hex').argParser(collect))
    .action(async (file: string, addresses: bigint[], options: CommonOptions) =>
      done(await (await import('./commands/translate.ts')).translate(file, addresses, options)),
    );
}

function page(done: Done): Command {
  const operand = new Argument('<PFN|ADDR>', 'a decimal pfn, or a physical or virtual address in 0x hex');
  return new Command('page')
    .description('everything about one page, and the rule that decided its class')
    .argument('<FILE>', FILE)
    .addArgument(operand.argParser(parsePage))
    .action(async (file: string, at: PageOperand, options: CommonOptions) =>
      done(await (await import('./commands/page.ts')).page(file, at, options)),
    );
}

function symbols(done: Done): Command {
  return new Command('symbols')
    .description("the kernel's own symbol table (kallsyms), found in the dump")
    .argument('<FILE>', FILE)
    .argument('[NAME|ADDR|PATTERN]', 'a name, an address in 0x hex, or a pattern with * and ?')
    .action(async (file: string, query: string | undefined, options: CommonOptions) =>
      done(await (await import('./commands/symbols.ts')).symbols(file, query, options)),
    );
}

function usage(done: Done): Command {
  const by = new Option('--by <what>', 'list one kind of holders (default: type, an overview of all)');
  return new Command('usage')
    .description('who holds the memory: slab caches, files, processes, and the kernel')
    .argument('[FILE...]', FILE)
    .addOption(by.choices(['type', 'slab', 'file', 'process']))
    .addOption(
      new Option('--top <number>', 'how many of each to list (default: 5, with --by 20)').argParser(
        parseCount,
      ),
    )
    .action(async (files: string[], options: UsageOptions) =>
      done(await (await import('./commands/usage.ts')).usage(files, options)),
    );
}

function struct(done: Done): Command {
  return new Command('struct')
    .description("what one of the kernel's types looks like, or what memory holds by it (BTF)")
    .argument('<FILE>', FILE)
    .argument('<NAME>', 'a type, with a path if one is wanted: page, task_struct.mm->pgd')
    .argument('[ADDR]', 'where a value of it is: an address in 0x hex, or a symbol')
    .action(async (file: string, name: string, at: string | undefined, options: CommonOptions) =>
      done(await (await import('./commands/struct.ts')).struct(file, name, at, options)),
    );
}

function dmesg(done: Done): Command {
  const level = new Option('--level <list>', 'these levels only: err,warn; err+ for err and all above it');
  const since = new Option('--since <seconds>', 'from this time on, in seconds since boot');
  const last = new Option('--last <n>', 'the last N records of what is shown');
  return new Command('dmesg')
    .description('the kernel log, as makedumpfile --dump-dmesg prints it')
    .argument('[FILE...]', FILE)
    .addOption(level.argParser(parseLevels))
    .addOption(since.argParser(parseSeconds))
    .addOption(last.argParser(parseCount))
    .option('--panic', 'the lines of the panic, or of the last oops')
    .addHelpText('after', '\nWith --json each record is an object on a line of its own (JSON Lines).')
    .action(async (files: string[], options: DmesgOptions) =>
      done(await (await import('./commands/dmesg.ts')).dmesg(files, options)),
    );
}

function ps(done: Done): Command {
  const order = new Option('--sort <order>', 'in which order').choices(['pid', 'rss', 'cpu']).default('pid');
  return new Command('ps')
    .description('the processes of the kernel, their states and their memory')
    .argument('[FILE...]', FILE)
    .addOption(order)
    .addOption(new Option('--top <n>', 'the first N of them only').argParser(parseCount))
    .option('--threads', 'every thread, not every process')
    .addHelpText('after', PS_HELP)
    .action(async (files: string[], options: PsOptions) =>
      done(await (await import('./commands/ps.ts')).ps(files, options)),
    );
}

function info(done: Done): Command {
  return new Command('info')
    .description('the one screen to see first: which kernel, what happened, how it was')
    .argument('[FILE...]', FILE)
    .action(async (files: string[], options: CommonOptions) =>
      done(await (await import('./commands/info.ts')).info(files, options)),
    );
}

const collectPart = (path: string, before: string[] | undefined) => [...(before ?? []), path];

function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'one JSON document instead of text')
    .addOption(
      new Option('-o, --output <file>', 'write the result there, all of it or nothing').argParser(
        parseFileName,
      ),
    )
    .addOption(
      new Option('--format <format>', 'what FILE is, where its content cannot tell').choices(['raw']),
    )
    .option('--part <file>', 'a further file of a split dump; may be repeated', collectPart)
    .option('--vmcoreinfo <file>', 'VMCOREINFO text of this boot, for a dump that lost it')
    .addOption(
      new Option('--boot <n>', 'which kernel, where several are in memory (info lists them)')
        .argParser(parseCount)
        .conflicts('vmcoreinfo'),
    )
    .addOption(new Option('--page-offset <addr>', 'what page_offset is, 0x hex').argParser(parseAddress))
    .option('--color', 'colour even where stdout is no terminal')
    .option('--no-color', 'no colour, as with NO_COLOR in the environment')
    .option('--quiet', 'no warnings and no progress')
    .option('--debug', 'stack traces, timings and bytes read, on stderr');
}

/** Errors of usage come back to main() instead of ending the process, and what they quote cannot reach the terminal raw. */
function withErrors(command: Command): Command {
  const outputError = (text: string) => say(`${escapeUsage(text.trimEnd())}\n`);
  return command.exitOverride().configureOutput({ writeOut: printOut, writeErr: say, outputError });
}

/** Commander's guess at what was meant stands on a line of its own. */
function escapeUsage(text: string): string {
  const at = text.lastIndexOf('\n(Did you mean ');
  return at < 0 ? escapeText(text) : `${escapeText(text.slice(0, at))}\n${escapeText(text.slice(at + 1))}`;
}
