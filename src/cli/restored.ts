import { hostname } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { createLogger } from '../config/logger.ts';
import { type Database, openDatabase } from '../erp/database.ts';
import { createLooksPast } from '../jobs/looks-past.ts';
import { AgentsLive, afterRestore, type RestoredReport } from '../jobs/restored.ts';
import { SourceUnreadable } from '../jobs/source-unreadable.ts';
import { noTracer } from '../jobs/tracing.ts';
import { writesBackOf } from '../jobs/write-back.ts';
import { readAccountStates } from '../ledger/account-states.ts';
import { pendingMigrations } from '../ledger/migrate.ts';
import { type DoubtfulChange, readLivingAgents } from '../ledger/restored-store.ts';
import { shardOf } from '../ledger/tally.ts';
import { readText } from '../mappers/replies.ts';
import { connectAgent } from './agent-client.ts';
import { CommandError } from './command-error.ts';
import { print, shortTime, table } from './output.ts';
import { type Configuration, readConfiguration } from './settings.ts';

/** A key's number has this many digits at most; the platform's longer ones end in zeros (`key.digits`). */
const CLOCK_DIGITS = 16;

const HELP = `
Examples:
  $ ctg-sync restored --dry-run
  $ ctg-sync restored
  $ ctg-sync restored --last-key WEBERP1795549999999999

For the case that the ERP's database was restored from a backup. Stop every agent, run it, start them again.
What was owed when the backup was made may have been sent since: it is verified by the platform's query, or
repeated with the key that it has. Orders and reminders that were still in ctg_outbox had no key yet; they are
held for a person. What is left to do by hand is in docs/operation.md.`;

type Options = { readonly lastKey?: number; readonly dryRun?: boolean; readonly json?: boolean };

/** `ctg-sync restored` */
export function restoredCommand(program: Command): void {
  program
    .command('restored')
    .description(
      'after the database was restored from a backup: keep what was sent since from being sent twice',
    )
    .option('--last-key <key>', 'the last key that the platform has seen; new keys will be above it', readKey)
    .option('--dry-run', 'say what would be done, and change nothing')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async ({ lastKey, dryRun = false, json }: Options) => {
      const configuration = readConfiguration();
      const report = await onDatabase(configuration, (database) =>
        run(configuration, database, { lastKey, dryRun }),
      );
      print(json, report, () => describe(report));
    });
}

function readKey(text: string): number {
  const digits = /^(?:[A-Za-z]+)?(\d{10,32})$/.exec(text)?.[1];
  if (digits === undefined) throw new InvalidArgumentError('must be a key such as WEBERP1795549999999999.');
  return Number(digits.slice(0, CLOCK_DIGITS));
}

async function onDatabase<T>(
  { settings }: Configuration,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const { databaseUrl: url, dataDir } = settings;
  if (url === undefined && (await connectAgent(settings).isThere())) throw agentRuns(settings.syncUrl);
  const database = await openDatabase({ url, dataDir, connections: 2 });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

async function run(
  { sources, accounts, platform, settings }: Configuration,
  database: Database,
  request: { readonly lastKey: number | undefined; readonly dryRun: boolean },
): Promise<RestoredReport> {
  const pending = await pendingMigrations(database);
  if (pending.length > 0)
    throw new CommandError('The tables of this backup are those of an older version.', {
      fix: 'Run "ctg-sync migrate" first, with every agent stopped.',
    });
  const living = await readLivingAgents(database);
  if (living.length > 0) throw agentRuns(living.join(', '));
  const profiles = new Map(
    (await readAccountStates(database)).map(({ account, profile }) => [account, profile]),
  );
  const context = {
    database,
    sources,
    keyFormat: platform.key,
    shard: shardOf(hostname()),
    writesBack: writesBackOf(sources),
    logger: createLogger({ level: settings.logLevel }),
    companyOf: (account: string) =>
      accounts.get(account)?.companyId ?? readText(profiles.get(account) ?? {}, 'companyid'),
    tracer: noTracer,
    looksPast: createLooksPast(),
  };
  return afterRestore(context, request).catch((cause: unknown) => {
    if (cause instanceof AgentsLive) throw agentRuns(cause.ids.join(', '));
    if (!(cause instanceof SourceUnreadable)) throw cause;
    throw new CommandError(cause.message, {
      fix: 'Correct the source map (ctg-sync doctor tries it). Nothing was changed.',
    });
  });
}

function agentRuns(which: string): CommandError {
  return new CommandError(`An agent is running: ${which}.`, {
    fix: 'Stop every agent, and run this again. One that was killed counts as running until its lease has run out (23 s).',
  });
}

const LOOK_UP = [
  'Look each of them up at the platform. It is there: ctg-sync bind order KEY ID, or dead drop for a reminder.',
  'It is not: ctg-sync dead retry ID.',
];

function describe(report: RestoredReport): string {
  const { dryRun, moved, held, rejected, inDoubt, fromBackup } = report;
  const doubts = inDoubt.map(({ entity, count }) => `${entity} ${count}`).join(', ');
  const lines = [
    dryRun ? 'Nothing was changed. This would be done:' : 'Done:',
    `  taken out of ctg_outbox: ${moved}`,
    `  verified, or repeated with the same key, once an agent starts: ${doubts || 'none'}`,
    `  held for you, since they had no key yet and may be at the platform: ${held.length}`,
    ...listed(held),
    ...(rejected.length === 0
      ? []
      : [
          `  the same, but behind another change of their record (rejected): ${rejected.length}`,
          ...listed(rejected),
        ]),
    '',
    ...(dryRun ? [] : ['Start the agents.']),
    ...(held.length + rejected.length === 0 ? [] : LOOK_UP),
    ...(fromBackup.held + fromBackup.rejected === 0
      ? []
      : [
          `In the list already when the backup was made: held ${fromBackup.held}, rejected ${fromBackup.rejected}. Somebody may have`,
          'settled them since: look at the platform before you retry one.',
        ]),
    'What the ERP itself has lost is not seen from here: docs/operation.md, "The database was restored from a backup".',
  ];
  return lines.join('\n');
}

/** More than a screenful is only counted; `dead list` has them all. */
const LISTED = 50;

function listed(changes: readonly DoubtfulChange[]): string[] {
  if (changes.length === 0) return [];
  const rows = changes
    .slice(0, LISTED)
    .map(({ id, entity, key, capturedAt }) => [
      id,
      entity,
      key,
      shortTime(new Date(capturedAt).toISOString()),
    ]);
  const more =
    changes.length > LISTED ? [`    … and ${changes.length - LISTED} more: ctg-sync dead list`] : [];
  const lines = table([['id', 'entity', 'key', 'captured'], ...rows]).split('\n');
  return [...lines.map((line) => `    ${line}`), ...more];
}
