import type { Argument, Command, Option } from 'commander';
import { ENTITIES } from '../../config/entities.ts';
import { INTERFACES } from '../../mappers/registry.ts';

/** A command as a shell has to know it. */
export type CommandNode = {
  /** The words after the program's name: `dead retry`; empty for the program itself. */
  readonly path: string;
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  /** What the command's first argument may be, where that is a list. */
  readonly values: readonly string[];
  readonly options: readonly OptionNode[];
  /** Whether an argument is the path of a file. */
  readonly takesFile: boolean;
};

/** An option of a command. */
export type OptionNode = {
  readonly flag: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** What its value may be, where that is a list. */
  readonly values: readonly string[];
};

/** The program and all its commands, as commander has them. */
export function commandTree(program: Command): readonly CommandNode[] {
  return nodesOf(program, '');
}

function nodesOf(command: Command, path: string): readonly CommandNode[] {
  const node = {
    path,
    subcommands: command.commands.map((each) => ({ name: each.name(), description: each.description() })),
    values: command.registeredArguments.slice(0, 1).flatMap(argumentValues),
    options: command.options.map(optionNode),
    takesFile: command.registeredArguments.some((argument) => argument.name() === 'file'),
  };
  return [
    node,
    ...command.commands.flatMap((each) =>
      nodesOf(each, path === '' ? each.name() : `${path} ${each.name()}`),
    ),
  ];
}

/** Lists by the name of an argument, for those that check their values themselves. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  entity: ENTITIES,
  interface: INTERFACES.map(({ name }) => name),
};

function argumentValues(argument: Argument): readonly string[] {
  return argument.argChoices ?? LISTS[argument.name()] ?? [];
}

function optionNode(option: Option): OptionNode {
  return {
    flag: option.long ?? option.short ?? '',
    description: option.description,
    takesValue: option.required || option.optional,
    values: option.argChoices ?? LISTS[placeholderOf(option)] ?? [],
  };
}

/** `entity` of `--entity <entity>`. */
function placeholderOf({ flags }: Option): string {
  return /[<[](\w+)/.exec(flags)?.[1] ?? '';
}
