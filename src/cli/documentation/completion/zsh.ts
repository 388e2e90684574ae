import { type Command, operandsOf } from '../../command/command.ts';
import type { Operand } from '../../options/declared.ts';
import { type OptionForm, optionForms } from '../option-forms.ts';
import { quoted } from './quoted.ts';

/** A completion script for zsh, to be sourced, or installed as _kdump-inspect in a folder of fpath. */
export function zshCompletion(commands: readonly Command[]): string {
  const names = commands.map(
    ({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(':', '\\:')}`)}`,
  );
  return `#compdef kdump-inspect

_kdump-inspect() {
  local state line
  local -a commands=(
${names.join('\n')}
    'help:print the help of a command'
  )
  _arguments -C '(- *)'{-V,--version}'[print the version]' '(- *)'{-h,--help}'[print this help]' \\
    '1: :->command' '*:: :->words'
  case $state in
    # A file alone means info.
    command) _describe command commands; _files ;;
    words)
      case $line[1] in
${commands.map((command) => caseOf(command)).join('\n')}
        help) _describe command commands ;;
${commands
  .filter(({ name }) => name === 'info')
  .map((info) => caseOf(info, '*'))
  .join('\n')}
      esac
      ;;
  esac
}

if [[ $funcstack[1] == _kdump-inspect ]]; then
  _kdump-inspect "$@"
else
  compdef _kdump-inspect kdump-inspect
fi
`;
}

/** @param pattern of the first word */
function caseOf(command: Command, pattern = command.name): string {
  const specs = [...optionForms(command).map(optionSpec), ...operandsOf(command).map(operandSpec)];
  return `        ${pattern})\n          _arguments ${specs.join(' \\\n            ')}\n          ;;`;
}

function optionSpec(form: OptionForm): string {
  const { long, short, argument, optional, choices, file, many } = form;
  const action = argument === null ? '' : `:${messageOf(argument)}:${actionOf(choices, file)}`;
  const value = optional ? `:${action}` : action;
  const meaning = `[${form.meaning.replace(/[[\]\\]/g, '\\$&')}]${value}`;
  const repeated = many ? '*' : '';
  // =- is for a value that must be in the same word.
  const equals = argument === null ? '' : optional ? '=-' : '=';
  if (short === null) return quoted(`${repeated}${long}${equals}${meaning}`);
  return `${quoted(`(${short} ${long})`)}{${short},${long}${equals}}${quoted(meaning)}`;
}

function operandSpec({ name, many, optional, choices = [], completes }: Operand): string {
  const place = many ? '*:' : optional ? '::' : ':';
  return quoted(`${place}${messageOf(name)}:${actionOf(choices, completes === 'file')}`);
}

/** What zsh offers for a word; nothing if the values are unknown. */
function actionOf(choices: readonly string[], file: boolean): string {
  if (file) return '_files';
  return choices.length === 0 ? ' ' : `(${choices.join(' ')})`;
}

function messageOf(text: string): string {
  return text.replace(/[:\\]/g, '\\$&');
}
