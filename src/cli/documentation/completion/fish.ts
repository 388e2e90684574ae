import { type Command, operandsOf } from '../../command/command.ts';
import { type OptionForm, optionForms } from '../option-forms.ts';

/** A completion script for fish 3 and later. */
export function fishCompletion(commands: readonly Command[]): string {
  return `# fish completion of kdump-inspect
function __kdump_inspect_operands -d 'the number of operands, with the command'
  # What follows the = of an option is no operand.
  string match --quiet -- '-*' (commandline -ct); and echo 0; and return
  math (count (string match --invert -- '-*' (commandline -opc))) - 1
end

complete -c kdump-inspect -f
# A file alone means info.
${linesOfFile(commands).join('\n')}
complete -c kdump-inspect -n __fish_use_subcommand -s V -l version -d 'print the version'
complete -c kdump-inspect -n __fish_use_subcommand -s h -l help -d 'print this help'
complete -c kdump-inspect -n __fish_use_subcommand -a help -d 'print the help of a command'
${commands.map(linesOf).join('\n')}
`;
}

/** What follows where there is no command: files, and the options of info. */
function linesOfFile(commands: readonly Command[]): string[] {
  const names = [...commands.map(({ name }) => name), 'help'].join(' ');
  const alone = `complete -c kdump-inspect -n ${quoted(`not __fish_seen_subcommand_from ${names}`)}`;
  const info = commands.find(({ name }) => name === 'info');
  return [
    `${alone} -F`,
    ...(info ? optionForms(info).map((form) => `${alone} ${optionArguments(form)}`) : []),
  ];
}

function linesOf(command: Command): string {
  const { name, summary } = command;
  return [
    `complete -c kdump-inspect -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...optionForms(command).map((form) => `${within(name)} ${optionArguments(form)}`),
    ...operandLines(command),
  ].join('\n');
}

/** A completion for one command, under a further condition. */
function within(name: string, condition = ''): string {
  return `complete -c kdump-inspect -n ${quoted(`__fish_seen_subcommand_from ${name}${condition}`)}`;
}

function optionArguments({ long, short, argument, optional, meaning, choices, file }: OptionForm): string {
  const flags = `${short === null ? '' : `-s ${short.slice(1)} `}-l ${long.slice(2)}`;
  // Without -r or -x an argument is one that follows =.
  const value = argument === null ? '' : optional ? ' -f' : file ? ' -r -F' : ' -x';
  const words = choices.length === 0 ? '' : ` -a ${quoted(choices.join(' '))}`;
  return `${flags}${value}${words} -d ${quoted(meaning)}`;
}

/** Each operand at its position; one that can be repeated also after that. */
function operandLines(command: Command): string[] {
  return operandsOf(command).flatMap(({ choices, completes, many }, i) => {
    const place = `; and test (__kdump_inspect_operands) ${many ? '-ge' : '-eq'} ${i + 1}`;
    if (completes === 'file') return [`${within(command.name, place)} -F`];
    return choices ? [`${within(command.name, place)} -a ${quoted(choices.join(' '))}`] : [];
  });
}

/** Text as one word of fish. */
function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
