import { type Help, Option, type Command as Parser } from 'commander';
import type { Command, Example } from './command/command.ts';
import { PROGRAM } from './command/program-texts.ts';
import { sentence } from './documentation/sentence.ts';
import { COMMON_OPTIONS } from './options/common-options.ts';
import { terminalColumns, wantedColumns } from './output/columns.ts';
import { isTerminal } from './output/output.ts';

/** What each option of every command that reads a dump is listed under. */
const COMMON = 'Common options:';
/** Blanks before a description that has no room beside its term, and the least room that it needs there. */
const HANG = 6;
const BESIDE = 30;
/** Columns, where neither a terminal nor COLUMNS says how many there are. */
const USUAL_WIDTH = 80;

/** Makes the help of the whole program. */
export function withProgramHelp(program: Parser): void {
  lookAsUsual(program);
  program
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command');
  program.usage('[command] [FILE...] [options]');
  program.addHelpText('after', () => {
    const statuses = PROGRAM.statuses.map(([status, meaning]) => `${status} ${meaning}`).join('; ');
    const rest = [PROGRAM.withoutFile, `Exit status: ${statuses}.`].map((text) => wrapped(program, text));
    return parts(examplesText(program, PROGRAM.examples), ...rest);
  });
}

/** Makes the help of a command: its own options, then those of every command, then its examples. */
export function withCommandHelp(parser: Parser, command: Command): void {
  const { summary, options, dump, help, examples } = command;
  lookAsUsual(parser);
  parser.summary(summary).description(sentence(summary));
  for (const option of parser.options) {
    const name = option.attributeName();
    if (!(name in options) && name in COMMON_OPTIONS) option.helpGroup(COMMON);
  }
  if (dump) parser.addHelpOption(new Option('-h, --help', 'print this help').helpGroup(COMMON));
  parser.addHelpText('after', () => {
    const more = help === undefined ? [] : [wrapped(parser, help)];
    return parts(...more, examplesText(parser, examples));
  });
}

/** What comes after the lists of the parser. */
function parts(...all: readonly string[]): string {
  return `\n${all.join('\n\n')}`;
}

function lookAsUsual(parser: Parser): void {
  parser.configureHelp({
    minWidthToWrap: 1,
    subcommandTerm: (command) => command.name(),
    styleUsage,
    formatItem,
  });
  parser.configureOutput({
    getOutHelpWidth: () => widthOf('stdout'),
    getErrHelpWidth: () => widthOf('stderr'),
  });
}

function widthOf(stream: 'stdout' | 'stderr'): number {
  return wantedColumns() ?? (isTerminal(stream) ? terminalColumns(stream) : USUAL_WIDTH);
}

/** The synopsis, which follows "Usage: ". */
function styleUsage(this: Help, text: string): string {
  const at = 'Usage: '.length;
  return this.boxWrap(text, (this.helpWidth ?? USUAL_WIDTH) - at).replaceAll('\n', `\n${' '.repeat(at)}`);
}

/** A term and its description: beside it, or below it where a line is short. */
function formatItem(term: string, termWidth: number, description: string, helper: Help): string {
  const width = helper.helpWidth ?? USUAL_WIDTH;
  const column = 2 + termWidth + 2;
  const isBeside = width - column >= BESIDE;
  const at = isBeside ? column : HANG;
  const lines = helper.boxWrap(description, width - at).replaceAll('\n', `\n${' '.repeat(at)}`);
  if (description === '') return `  ${term}`;
  return isBeside ? `  ${term.padEnd(termWidth)}  ${lines}` : `  ${term}\n${' '.repeat(at)}${lines}`;
}

/** Command lines, which are not wrapped because people copy them. */
function examplesText(parser: Parser, examples: readonly Example[]): string {
  const helper = helperOf(parser);
  const explained = examples.filter(([, meaning]) => meaning !== '');
  const width = explained.reduce((most, [line]) => Math.max(most, line.length), 0);
  const items = examples.map(([line, meaning]) => formatItem(line, width, meaning, helper));
  return ['Examples:', ...items].join('\n');
}

/** Text that is wrapped like the rest of the help. */
function wrapped(parser: Parser, text: string): string {
  const helper = helperOf(parser);
  return helper.boxWrap(text, helper.helpWidth ?? USUAL_WIDTH);
}

function helperOf(parser: Parser): Help {
  const helper = parser.createHelp();
  helper.prepareContext({ helpWidth: parser.configureOutput().getOutHelpWidth?.() ?? USUAL_WIDTH });
  return helper;
}
