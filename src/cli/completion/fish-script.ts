import type { CommandNode, OptionNode } from './command-tree.ts';

/** A completion script for fish. */
export function fishScript(program: string, tree: readonly CommandNode[]): string {
  return `${tree.flatMap((node) => linesOf(program, node)).join('\n')}\n`;
}

function linesOf(program: string, { path, subcommands, values, options, takesFile }: CommandNode): string[] {
  const when = `complete -c ${program} -n ${quoted(
    condition(
      path,
      subcommands.map(({ name }) => name),
    ),
  )}`;
  const noFiles = takesFile ? '' : ' -f';
  return [
    ...subcommands.map(({ name, description }) => `${when} -f -a ${name} -d ${quoted(description)}`),
    ...(values.length === 0 ? [] : [`${when} -f -a ${quoted(values.join(' '))}`]),
    ...options.map((option) => `${when}${noFiles} ${optionWords(option)}`),
  ];
}

/** In a command, and in none of its own commands. */
function condition(path: string, subcommands: readonly string[]): string {
  const inside = path.split(' ').filter((word) => word !== '');
  const conditions = [
    ...inside.map((word) => `__fish_seen_subcommand_from ${word}`),
    ...(subcommands.length === 0 ? [] : [`not __fish_seen_subcommand_from ${subcommands.join(' ')}`]),
  ];
  return conditions.join('; and ');
}

function optionWords({ flag, description, takesValue, values }: OptionNode): string {
  const value = takesValue ? ' -r' : '';
  const list = values.length === 0 ? '' : ` -a ${quoted(values.join(' '))}`;
  return `-l ${flag.replace(/^--/, '')}${value}${list} -d ${quoted(description)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
