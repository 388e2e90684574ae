import { plainCommand } from '../command/command.ts';

export const completion = plainCommand({
  name: 'completion',
  summary: 'the completion script for bash, zsh or fish',
  operands: {
    shell: { name: 'SHELL', meaning: 'the shell', choices: ['bash', 'zsh', 'fish'] },
  },
  examples: [
    ['source <(kdump-inspect completion bash)', 'in ~/.bashrc'],
    ['source <(kdump-inspect completion zsh)', 'in ~/.zshrc, after compinit'],
    ['kdump-inspect completion fish | source', 'in ~/.config/fish/config.fish'],
  ],
  load: () => import('../commands/completion.ts'),
});
