import { Argument, Command, CommanderError, Option } from 'commander';
import { escapeText } from '../report/escape.ts';
import { type CommonOptions, type PageOperand, parseAddress, parsePage } from './options.ts';
import { EXIT, reportFailure } from './output.ts';

declare const __KDUMP_INSPECT_VERSION__: string | undefined;

/** The bundle knows its version; run from source there is none. */
const VERSION = typeof __KDUMP_INSPECT_VERSION__ === 'string' ? __KDUMP_INSPECT_VERSION__ : '0.0.0-source';

const EXAMPLES = `
Examples:
  kdump-inspect pages /proc/kcore         what this machine's memory is used for
  kdump-inspect pages vmcore --json | jq .classes.free.pages
  kdump-inspect layout vmcore             where the kernel put things, and why
  kdump-inspect vmcoreinfo vmcore --get OSRELEASE
  kdump-inspect page vmcore 0x1000000     why a page has its class

Without FILE the live /proc/kcore is read, which takes root.

Exit status: 0 done; 1 could not be done; 2 wrong usage; 3 done, but the dump is
incomplete.
`;

const FILE = 'an ELF64 x86_64 vmcore, or /proc/kcore';

/** The arguments that come before the command object in an action. */
type Action = (...args: never[]) => Promise<number>;

/** Runs the program and returns its exit status; writes nothing anywhere but stdout and stderr. */
export async function main(args: readonly string[]): Promise<number> {
  let status: number = EXIT.done;
  const program = describe((run) => async (...given) => {
    status = await run(...given);
  });
  try {
    if (args.length === 0) {
      program.outputHelp({ error: true });
      return EXIT.usage;
    }
    await program.parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return reportFailure(error, args.includes('--debug'));
  }
}

type Wrap = (run: (...args: never[]) => Promise<number>) => (...args: never[]) => Promise<void>;

function describe(wrap: Wrap): Command {
  const program = new Command('kdump-inspect')
    .description(
      'Reads a Linux x86_64 vmcore or the live /proc/kcore and says what every page of memory is used for.',
    )
    .version(VERSION)
    .addHelpText('after', EXAMPLES)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(escapeText(text.trimEnd()).concat('\n')) })
    .showHelpAfterError('(kdump-inspect --help lists the commands and options)');
  for (const command of commands(wrap)) program.addCommand(withCommonOptions(command));
  return program;
}

function commands(wrap: Wrap): Command[] {
  const command = (name: string, description: string, action: Action) =>
    new Command(name).description(description).action(wrap(action) as (...args: unknown[]) => Promise<void>);
  return [
    command(
      'pages',
      'what every physical page is used for: the main report',
      async (files: string[], options: CommonOptions) =>
        (await import('./commands/pages.ts')).pages(files, options),
    )
      .argument('[FILE...]', FILE)
      .addOption(
        new Option('--compat <program>', 'count as another program does, its errors included').choices([
          'makedumpfile',
        ]),
      ),
    command(
      'vmcoreinfo',
      'the VMCOREINFO note: what the kernel says of itself',
      async (files: string[], options: CommonOptions) =>
        (await import('./commands/vmcoreinfo.ts')).vmcoreinfo(files, options),
    )
      .argument('[FILE...]', FILE)
      .option('--raw', 'the text of the note, as it stands')
      .option('--get <key>', 'one value, as it stands: OSRELEASE, SYMBOL(init_top_pgt)'),
    command(
      'layout',
      'where the kernel put its regions, by every method that there is',
      async (files: string[], options: CommonOptions) =>
        (await import('./commands/layout.ts')).layout(files, options),
    ).argument('[FILE...]', FILE),
    command(
      'segments',
      "the file's own map: segments, overlaps, holes",
      async (files: string[], options: CommonOptions) =>
        (await import('./commands/segments.ts')).segments(files, options),
    ).argument('[FILE...]', FILE),
    command(
      'translate',
      'the page-table walk of virtual addresses',
      async (file: string, at: bigint[], options: CommonOptions) =>
        (await import('./commands/translate.ts')).translate(file, at, options),
    )
      .argument('<FILE>', FILE)
      .addArgument(new Argument('<ADDR...>', 'virtual addresses, 0x hex').argParser(collectAddresses)),
    command(
      'page',
      'everything about one page, and the rule that decided its class',
      async (file: string, at: PageOperand, options: CommonOptions) =>
        (await import('./commands/page.ts')).page(file, at, options),
    )
      .argument('<FILE>', FILE)
      .addArgument(
        new Argument('<PFN|ADDR>', 'a decimal pfn, or a physical or virtual address in 0x hex').argParser(
          parsePage,
        ),
      ),
    command(
      'symbols',
      "the kernel's own symbol table (kallsyms), found in the dump",
      async (file: string, query: string | undefined, options: CommonOptions) =>
        (await import('./commands/symbols.ts')).symbols(file, query, options),
    )
      .argument('<FILE>', FILE)
      .argument('[NAME|ADDR|PATTERN]', 'a name, an address in 0x hex, or a pattern with * and ?'),
  ];
}

function collectAddresses(text: string, before: bigint[] | undefined): bigint[] {
  return [...(before ?? []), parseAddress(text)];
}

/** A command's errors end in the same place and the same way as the program's own. */
function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'one JSON document instead of text')
    .option('--vmcoreinfo <file>', 'VMCOREINFO text of this boot, for a dump that lost it')
    .addOption(new Option('--page-offset <addr>', 'what page_offset is, 0x hex').argParser(parseAddress))
    .option('--color', 'colour even where stdout is no terminal')
    .option('--no-color', 'no colour, as with NO_COLOR in the environment')
    .option('--quiet', 'no warnings and no progress')
    .option('--debug', 'stack traces, timings and bytes read, on stderr')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(escapeText(text.trimEnd()).concat('\n')) });
}
