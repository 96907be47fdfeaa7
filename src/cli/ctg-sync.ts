#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { readVersion } from '../admin/version.ts';
import { SettingsError } from '../config/settings.ts';
import { CommandError } from './command-error.ts';

const EXAMPLES = `
Examples:
  $ ctg-sync doctor                         check everything before the first start
  $ ctg-sync start                          run the agent
  $ ctg-sync status                         how it is
  $ ctg-sync show order SO-1001             what became of one record
  $ ctg-sync resync goods --since 24h       send again what changed since yesterday
  $ ctg-sync reconcile customer             compare with the platform
  $ ctg-sync dead list                      what waits for a person

Settings are environment variables, also from a .env file (docs/settings.md). Commands that act on a running agent
reach it at CTG_SYNC_URL, with ADMIN_TOKEN. Exit code 0: done; 1: failed; 2: wrong use.`;

type AddCommand = (program: Command) => void;

/** Each command is loaded only when it is asked for, or listed: the rest of the program takes a moment. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  start: async () => (await import('./start.ts')).startCommand,
  demo: async () => (await import('./demo.ts')).demoCommand,
  migrate: async () => (await import('./migrate.ts')).migrateCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
  sandbox: async () => (await import('./sandbox.ts')).sandboxCommand,
  status: async () => (await import('./status.ts')).statusCommand,
  show: async () => (await import('./show.ts')).showCommand,
  resync: async () => (await import('./resync.ts')).resyncCommand,
  reconcile: async () => (await import('./reconcile.ts')).reconcileCommand,
  backfill: async () => (await import('./backfill.ts')).backfillCommand,
  capture: async () => (await import('./capture.ts')).captureCommand,
  dead: async () => (await import('./dead.ts')).deadCommand,
  import: async () => (await import('./import.ts')).importCommand,
  poll: async () => (await import('./poll.ts')).pollCommand,
  restored: async () => (await import('./restored.ts')).restoredCommand,
  bind: async () => (await import('./bind.ts')).bindCommand,
  accounts: async () => (await import('./accounts.ts')).accountsCommand,
  call: async () => (await import('./call.ts')).callCommand,
  completion: async () => {
    const { completionCommand } = await import('./completion.ts');
    return (program) => completionCommand(program, () => createProgram(undefined));
  },
};

/** The program with the command `word` alone, or with every command where it is none of them. */
export async function createProgram(word: string | undefined): Promise<Command> {
  const program = new Command('ctg-sync')
    .description('Integration worker between the 祎讯 ERP and the 车同轨 (CTG) platform.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpCommand(false)
    .showHelpAfterError('(see --help)')
    .addHelpText('after', EXAMPLES);
  const wanted = word !== undefined && Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  for (const load of wanted ? [wanted] : Object.values(COMMANDS)) (await load())(program);
  for (const command of allOf(program)) command.exitOverride().helpCommand(false);
  return program;
}

function allOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allOf)];
}

/** Says what went wrong, and gives the exit code. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof SettingsError) process.stderr.write(`${error.message}\n`);
  else if (error instanceof CommandError) explainCommand(error);
  else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return error instanceof CommandError ? error.exitCode : 1;
}

function explainCommand({ message, fix, detail }: CommandError): void {
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify(detail ?? { error: { message, fix } }, undefined, 2)}\n`);
  }
  process.stderr.write(`${message}${fix === undefined ? '' : `\nFix: ${fix}`}\n`);
}

async function run(): Promise<void> {
  try {
    const program = await createProgram(process.argv[2]);
    await program.parseAsync();
  } catch (error) {
    process.exitCode = explain(error);
  }
}

const started = process.argv[1];
if (started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url)) await run();
