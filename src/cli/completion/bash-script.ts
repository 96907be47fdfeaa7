import type { CommandNode } from './command-tree.ts';

/**
 * A completion script for bash, which needs nothing but bash itself (not the package bash-completion). With `bashcompinit`
 * zsh runs it too.
 */
export function bashScript(program: string, tree: readonly CommandNode[]): string {
  const name = `_${program.replaceAll('-', '_')}`;
  return `${name}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path="" word index words=""
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$path $word" in
${commandCases(tree)}
    esac
  done
  COMPREPLY=()
  case "$path $prev" in
${optionValueCases(tree)}
  esac
  case "$path" in
${wordCases(tree)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F ${name} ${program}
`;
}

function commandCases(tree: readonly CommandNode[]): string {
  return tree
    .filter(({ path }) => path !== '')
    .map(({ path }) => `      ${quoted(parentFirst(path))}) path=${quoted(path)} ;;`)
    .join('\n');
}

/** `"dead retry"`; a command of the program itself has nothing before its name but the space. */
function parentFirst(path: string): string {
  return path.includes(' ') ? path : ` ${path}`;
}

/** After an option that takes a value, only that value is offered; of an unknown one, the names of files. */
function optionValueCases(tree: readonly CommandNode[]): string {
  const cases = tree.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(({ flag, values }) => {
        const offer = values.length === 0 ? '-f' : `-W ${quoted(values.join(' '))}`;
        return `    ${quoted(`${path} ${flag}`)}) COMPREPLY=($(compgen ${offer} -- "$cur")); return ;;`;
      }),
  );
  return cases.join('\n');
}

function wordCases(tree: readonly CommandNode[]): string {
  return tree
    .map(({ path, subcommands, values, options, takesFile }) => {
      const words = [...subcommands.map((each) => each.name), ...values];
      const flags = [...options.map(({ flag }) => flag), '--help'];
      const files = takesFile ? '[[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- "$cur")); return; }; ' : '';
      // Options are offered once a dash is typed, or where there is nothing else.
      const all = words.length === 0 ? flags : words;
      return `    ${quoted(path)}) ${files}words=${quoted(all.join(' '))}; [[ $cur == -* ]] && words=${quoted(flags.join(' '))} ;;`;
    })
    .join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
