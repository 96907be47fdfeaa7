import { Argument, type Command } from 'commander';
import { bashScript } from './completion/bash-script.ts';
import { type CommandNode, commandTree } from './completion/command-tree.ts';
import { fishScript } from './completion/fish-script.ts';
import { zshScript } from './completion/zsh-script.ts';

const SCRIPTS: Readonly<Record<string, (program: string, tree: readonly CommandNode[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** `ctg-sync completion bash|zsh|fish`; `loadAll` gives the program with every command. */
export function completionCommand(program: Command, loadAll: () => Promise<Command>): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)))
    .description('print a script that lets a shell complete commands, options, entities and interfaces')
    .addHelpText(
      'after',
      `
Examples:
  $ source <(ctg-sync completion bash)                                    this shell
  $ ctg-sync completion bash >> ~/.bash_completion                        every bash, with bash-completion
  $ ctg-sync completion zsh >> ~/.zshrc                                   every zsh
  $ ctg-sync completion fish > ~/.config/fish/completions/ctg-sync.fish   every fish`,
    )
    .action(async (shell: string) => {
      const all = await loadAll();
      process.stdout.write(SCRIPTS[shell]?.(all.name(), commandTree(all)) ?? '');
    });
}
