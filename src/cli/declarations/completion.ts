import { plainCommand } from '../command/command.ts';

export const completion = plainCommand({
  name: 'completion',
  summary: 'the completion script for bash, zsh or fish',
  operands: {
    shell: { name: 'SHELL', meaning: 'the shell', choices: ['bash', 'zsh', 'fish'] },
  },
  help:
    'For bash, put `source <(kdump-inspect completion bash)` into ~/.bashrc; for zsh the same with zsh into ~/.zshrc, ' +
    'after compinit; for fish, `kdump-inspect completion fish | source` into ~/.config/fish/config.fish.',
  load: () => import('../commands/completion.ts'),
});
