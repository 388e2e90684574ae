import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Shell = 'bash' | 'zsh' | 'fish';
export const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];

/** Whether this machine has a shell. */
export function has(shell: Shell): boolean {
  return spawnSync(shell, ['-c', 'true']).status === 0;
}

/** Asks a shell what it offers for the last of some words, after sourcing a completion script. */
type Ask = (script: string, words: readonly string[], folder: string) => string;

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** Bash calls the function that `complete` names, with these variables (bash(1), Programmable Completion). */
const bash: Ask = (script, words, folder) => {
  // Like bash, which makes "=" a separate word.
  const split = words.flatMap((word) => word.split(/(=)/).filter((part) => part !== ''));
  const line = words.at(-1) === '' || words.at(-1)?.endsWith('=') ? [...split, ''] : split;
  const program = `source ${quoted(script)}
COMP_WORDS=(${line.map(quoted).join(' ')}) COMP_CWORD=${line.length - 1}
$(complete -p kdump-inspect | sed 's/.*-F \\([^ ]*\\).*/\\1/')
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['--norc', '-c', program], { encoding: 'utf8', cwd: folder });
};

const fish: Ask = (script, words, folder) => {
  const program = `source ${quoted(script)}; complete -C ${quoted(words.join(' '))}`;
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
  return execFileSync('fish', ['--no-config', '-c', program], { encoding: 'utf8', cwd: folder, env });
};

/** An interactive zsh in a zpty, whose compadd prints the matches, one per line. */
const ZSH_INSIDE = `
PROMPT=
autoload -U compinit && compinit -u -D
source $1
bindkey '^I' complete-word
compadd() {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)* ]]; then builtin compadd "$@"; return; fi
  local -a hits
  builtin compadd -O hits "$@"
  print -l -- $'\\n'"offered:"\${^hits}
}
comppostfuncs=(finish)
finish() { print -- $'\\n'done:; exit }
print ready:
`;
const ZSH_OUTSIDE = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "source $1 $2"
while zpty -r z line; do [[ $line == *ready:* ]] && break; done
zpty -w -n z "$3"$'\\t'
while zpty -r z line; do print -rn -- $line; [[ $line == *done:* ]] && break; done
`;

const zsh: Ask = (script, words, folder) => {
  const inside = join(folder, '.inside.zsh');
  writeFileSync(inside, ZSH_INSIDE);
  const args = ['-f', '-c', ZSH_OUTSIDE, 'zsh', inside, script, words.join(' ')];
  const out = execFileSync('zsh', args, { encoding: 'utf8', cwd: folder, timeout: 20_000 });
  return Array.from(out.matchAll(/offered:(.*?)\r?\n/g), ([, word]) => `${word}\n`).join('');
};

const ASK: Readonly<Record<Shell, Ask>> = { bash, zsh, fish };

/**
 * The words that a shell offers for the last of these, sorted.
 * @param folder where the shell looks for files; the script is put there
 */
export function offers(shell: Shell, script: string, words: readonly string[], folder: string): string[] {
  const path = join(folder, '.completion');
  writeFileSync(path, script);
  const lines = ASK[shell](path, words, folder).split('\n');
  // Fish adds the meaning after a tab, zsh the = of an option.
  const names = lines.map((line) => line.replace(/\t.*/, '').replace(/=$/, ''));
  return [...new Set(names.filter((name) => name !== ''))].sort();
}
