import { bashScript } from './bash-script.ts';
import type { CommandNode } from './command-tree.ts';

/** A completion script for zsh: that of bash, which zsh reads by its own `bashcompinit`. */
export function zshScript(program: string, tree: readonly CommandNode[]): string {
  return `autoload -U +X compinit && (( $+functions[compdef] )) || compinit
autoload -U +X bashcompinit && bashcompinit
${bashScript(program, tree)}`;
}
