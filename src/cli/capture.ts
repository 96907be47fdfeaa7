import type { Command } from 'commander';
import { type CapturePlan, type PlannedTrigger, planCapture } from '../erp/capture/capture.ts';
import { type CaptureChange, installCapture, removeCapture } from '../erp/capture/install.ts';
import { type Database, openDatabase } from '../erp/database.ts';
import { CommandError } from './command-error.ts';
import { print, table } from './output.ts';
import { type Configuration, readConfiguration } from './settings.ts';

type Options = { print?: boolean; json?: boolean };

const EXAMPLES = `
Examples:
  $ ctg-sync capture install           make the triggers that the source maps ask for, and change those that differ
  $ ctg-sync capture install --print   only print their statements, for an administrator to run
  $ ctg-sync capture show              what is there, and what is not
  $ ctg-sync capture remove            take all of them away, without a trace

A new trigger sees what changes from then on: run "ctg-sync resync ENTITY --all" once after the install.`;

/** `ctg-sync capture install|remove|show` */
export function captureCommand(program: Command): void {
  const capture = program
    .command('capture')
    .description("watch the ERP's own tables by triggers, as the source maps say")
    .addHelpText('after', EXAMPLES);
  capture
    .command('install')
    .description('bring the triggers to what the source maps ask for')
    .option('--print', 'only print the statements')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options) => {
      await withDatabase(async (database, configuration) => {
        if (options.print === true) return printStatements(database, configuration, options);
        const done = await refusing(() => installCapture(database, optionsOf(configuration)));
        print(options.json, { ...shown(done), ...countsOf(done) }, () => describeInstall(done));
      });
    });
  capture
    .command('remove')
    .description('take the triggers away, of whatever source maps')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async ({ json }: Options) => {
      await withDatabase(async (database) => {
        const done = await refusing(() => removeCapture(database));
        print(json, countsOf(done), () => `${countOf(done.removed, 'trigger')} taken away.`);
      });
    });
  capture
    .command('show')
    .description('show the triggers, and what they lack')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async ({ json }: Options) => {
      await withDatabase(async (database, configuration) => {
        const plan = await refusing(() => planCapture(database, optionsOf(configuration)));
        print(json, shown(plan), () => describePlan(plan));
        if (!isComplete(plan)) process.exitCode = 1;
      });
    });
}

function optionsOf({ sources, settings }: Configuration) {
  return { sources, mandatory: settings.captureMandatory };
}

async function withDatabase(
  work: (database: Database, configuration: Configuration) => Promise<void>,
): Promise<void> {
  const configuration = readConfiguration();
  const { databaseUrl: url, dataDir } = configuration.settings;
  if (url === undefined) {
    throw new CommandError('DATABASE_URL is not set, so there is no database of an ERP to watch.', {
      fix: 'Set it to the ERP’s own database.',
    });
  }
  if (configuration.sources.size === 0) {
    throw new CommandError('There are no source maps, so nothing says what to watch.', {
      fix: 'Set CTG_SOURCES_FILE (docs/sources.md).',
    });
  }
  const database = await openDatabase({ url, dataDir, connections: 2 });
  try {
    await work(database, configuration);
  } finally {
    await database.close();
  }
}

async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CommandError(message, { fix: 'See docs/capture.md; "ctg-sync doctor" tries the source maps.' });
  }
}

async function printStatements(
  database: Database,
  configuration: Configuration,
  { json }: Options,
): Promise<void> {
  const { triggers } = await refusing(() => planCapture(database, optionsOf(configuration)));
  const statements = triggers.filter(({ state }) => state === 'missing').flatMap(({ create }) => create);
  const end = database.dialect === 'postgres' ? ';' : '\n//';
  const begin = database.dialect === 'postgres' ? '' : 'DELIMITER //\n';
  print(json, { statements }, () => begin + statements.map((statement) => `${statement}${end}`).join('\n'));
}

function countsOf({ created, removed, switchedOn }: CaptureChange): CaptureChange {
  return { created, removed, switchedOn };
}

function shown({ triggers, outdated, skipped, uncovered }: CapturePlan) {
  return {
    triggers: triggers.map(({ name, entity, table: { schema, name: table }, event, purpose, state }) => ({
      name,
      entity,
      table: `${schema}.${table}`,
      event,
      purpose,
      state,
    })),
    outdated,
    skipped,
    uncovered,
  };
}

function isComplete({ triggers, outdated }: CapturePlan): boolean {
  return outdated.length === 0 && triggers.every(({ state }) => state === 'installed');
}

function describeInstall(done: CapturePlan & CaptureChange): string {
  const sum = [
    `${countOf(done.created, 'trigger')} made`,
    `${done.removed} taken away`,
    ...(done.switchedOn > 0 ? [`${done.switchedOn} switched on`] : []),
    `${done.triggers.length - done.created - done.switchedOn} left as they are`,
  ];
  const entities = [...new Set(done.triggers.map(({ entity }) => entity))];
  const next =
    done.created > 0
      ? [
          '',
          'What changes from now on is seen. For what is there already, run once:',
          ...entities.map((entity) => `  ctg-sync resync ${entity} --all`),
        ]
      : [];
  return [`${sum.join(', ')}.`, ...remarks(done), ...next].join('\n');
}

function describePlan(plan: CapturePlan): string {
  const rows = plan.triggers.map((each: PlannedTrigger) => [
    each.entity,
    each.table.name,
    each.event,
    each.state,
    each.purpose,
    each.name,
  ]);
  const stale = plan.outdated.map((each) => ['', each.table, each.event, 'outdated', '', each.name]);
  const verdict = isComplete(plan)
    ? 'All is as the source maps ask.'
    : 'Run "ctg-sync capture install" to bring it to what the source maps ask.';
  return [
    table([['ENTITY', 'TABLE', 'EVENT', 'STATE', 'SEES', 'TRIGGER'], ...rows, ...stale]),
    ...remarks(plan),
    verdict,
  ].join('\n');
}

function remarks({ skipped, uncovered }: CapturePlan): string[] {
  return [
    ...skipped.map(({ entity, reason }) => `! ${entity} is not watched: ${reason}.`),
    ...uncovered.map(
      ({ entity, table: child, parent, reason }) =>
        `! ${entity}: rows of ${child} that a foreign key to ${parent} changes fire no trigger, and none can stand in for it (${reason}). Let RECONCILE_CRON find them.`,
    ),
  ];
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
