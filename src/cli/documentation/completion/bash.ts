import type { Command } from '../../command/command.ts';
import { operandsOf } from '../operand-words.ts';
import { type OptionForm, optionForms } from '../option-forms.ts';

/** A script for bash 4 and later. */
export function bashCompletion(commands: readonly Command[]): string {
  const names = [...commands.map(({ name }) => name), 'help'];
  return `# bash completion of kdump-inspect
_kdump_inspect() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  # To bash the "=" of --option=value is a word of its own.
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _kdump_inspect_words ${quoted([...names, '--help', '--version'].join(' '))}
    return
  fi
  # What follows each option that takes something, all options, and what the operands are.
  local options= operands=()
  case \${COMP_WORDS[1]} in
${commands.map(caseOf).join('\n')}
    help) operands=(${quoted(names.join(' '))}) ;;
  esac
  if [[ $cur == -* ]]; then _kdump_inspect_words "$options"; return; fi
  local i operand=-1
  for ((i = 2; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == -* || \${COMP_WORDS[i]} == = ]] || ((++operand))
  done
  ((++operand))
  ((operand < \${#operands[@]})) || operand=$((\${#operands[@]} - 1))
  ((operand < 0)) || _kdump_inspect_operand "\${operands[operand]}"
}

_kdump_inspect_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_kdump_inspect_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

# An operand is FILE, nothing that can be known, or one of some words.
_kdump_inspect_operand() {
  case $1 in
    FILE) _kdump_inspect_files ;;
    -) ;;
    *) _kdump_inspect_words "$1" ;;
  esac
}

complete -F _kdump_inspect kdump-inspect
`;
}

function caseOf(command: Command): string {
  const forms = optionForms(command);
  const words = forms.flatMap(({ long, short }) => (short === null ? [long] : [short, long]));
  const values = forms.filter(({ argument }) => argument !== null).map(valueCase);
  const operands = operandsOf(command).map(({ choices, completes }) =>
    quoted(choices?.join(' ') ?? (completes === 'file' ? 'FILE' : '-')),
  );
  // What is after the last one is nothing, unless that may be repeated.
  if (!operandsOf(command).at(-1)?.many) operands.push(quoted('-'));
  const prev = values.length === 0 ? [] : ['      case $prev in', ...values, '      esac'];
  return [
    `    ${command.name})`,
    ...prev,
    `      options=${quoted(words.join(' '))}`,
    `      operands=(${operands.join(' ')})`,
    '      ;;',
  ].join('\n');
}

function valueCase({ long, short, choices, file }: OptionForm): string {
  const flags = short === null ? long : `${short} | ${long}`;
  const offer = file ? '_kdump_inspect_files; ' : '';
  const words = choices.length === 0 ? '' : `_kdump_inspect_words ${quoted(choices.join(' '))}; `;
  return `        ${flags}) ${offer}${words}return ;;`;
}

/** A word of the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
