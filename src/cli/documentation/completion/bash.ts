import { type Command, operandsOf } from '../../command/command.ts';
import { type OptionForm, optionForms } from '../option-forms.ts';
import { quoted } from './quoted.ts';

/** A completion script for bash 4 and later. */
export function bashCompletion(commands: readonly Command[]): string {
  const names = [...commands.map(({ name }) => name), 'help'];
  return `# bash completion of kdump-inspect
_kdump_inspect() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  # Bash splits --option=value into three words. Some options take a value only in this form.
  local attached=
  if [[ $cur == = ]]; then cur= attached=1; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD - 2]} attached=1; fi
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    # A file alone means info.
    _kdump_inspect_files
    mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -W ${quoted([...names, '--help', '--version'].join(' '))} -- "$cur")
    return
  fi
  # The values of options, all options, and what each operand is.
  local options= operands=()
  case \${COMP_WORDS[1]} in
${commands.map((command) => caseOf(command)).join('\n')}
    help) operands=(${quoted(names.join(' '))}) ;;
${commands
  .filter(({ name }) => name === 'info')
  .map((info) => caseOf(info, '*'))
  .join('\n')}
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

# An operand is FILE, unknown (-), or one of some words.
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

/** @param pattern of the first word */
function caseOf(command: Command, pattern = command.name): string {
  const forms = optionForms(command);
  const words = forms.flatMap(({ long, short }) => (short === null ? [long] : [short, long]));
  const values = forms.filter(({ argument }) => argument !== null).map(valueCase);
  const operands = operandsOf(command).map(({ choices, completes }) =>
    quoted(choices?.join(' ') ?? (completes === 'file' ? 'FILE' : '-')),
  );
  // After the last operand nothing is offered, unless it can be repeated.
  if (!operandsOf(command).at(-1)?.many) operands.push(quoted('-'));
  const prev = values.length === 0 ? [] : ['      case $prev in', ...values, '      esac'];
  return [
    `    ${pattern})`,
    ...prev,
    `      options=${quoted(words.join(' '))}`,
    `      operands=(${operands.join(' ')})`,
    '      ;;',
  ].join('\n');
}

function valueCase({ long, short, optional, choices, file }: OptionForm): string {
  const flags = short === null ? long : `${short} | ${long}`;
  const offer = file ? '_kdump_inspect_files; ' : '';
  const words = choices.length === 0 ? '' : `_kdump_inspect_words ${quoted(choices.join(' '))}; `;
  const values = `${offer}${words}return`;
  return `        ${flags}) ${optional ? `if [[ $attached ]]; then ${values}; fi` : values} ;;`;
}
