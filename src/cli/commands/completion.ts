import type { Command } from '../command/command.ts';
import { bashCompletion } from '../documentation/completion/bash.ts';
import { fishCompletion } from '../documentation/completion/fish.ts';
import { zshCompletion } from '../documentation/completion/zsh.ts';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

export interface CompletionAsked {
  readonly shell: keyof typeof SCRIPTS;
}

/** `completion`: a script for a shell. */
export function text({ shell }: CompletionAsked, commands: readonly Command[]): string {
  return SCRIPTS[shell](commands);
}
