import { setTimeout as pause } from 'node:timers/promises';
import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { z } from 'zod';
import { type AgentClient, connectAgent } from './agent-client.ts';
import { CommandError } from './command-error.ts';
import { print } from './output.ts';
import {
  describeReport,
  describeReports,
  type FullReport,
  fullReportSchema,
  type Report,
  reportSchema,
} from './reconcile-report.ts';

type Options = {
  repair?: boolean;
  dryRun?: boolean;
  account?: string;
  report?: string;
  list?: boolean;
  json?: boolean;
};

const begun = z.looseObject({ id: z.number() });
const reports = z.looseObject({ reports: z.array(reportSchema) });

const LOOK_EVERY_MS = 500;

/** `ctg-sync reconcile ENTITY` */
export function reconcileCommand(program: Command): void {
  program
    .command('reconcile')
    .argument('[entity]', 'for example goods')
    .description('compare the ERP with the platform, and repair what differs')
    .option('--repair', 'send what is missing or differs, delete what is gone')
    .option('--dry-run', 'only count what a repair would do')
    .option('--account <id>', 'only this account')
    .option('--report <number>', 'show a report again, also of a run that goes on')
    .option('--list', 'list the reports')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
The agent compares by itself: Ctrl-C ends the looking on, not the run. Exit code 0: no differences, or all repaired;
1: differences are left, or the comparison failed; 2: wrong use.

Examples:
  $ ctg-sync reconcile goods
  $ ctg-sync reconcile customer --repair --dry-run
  $ ctg-sync reconcile customer --repair
  $ ctg-sync reconcile --report 17`,
    )
    .action(async (entity: string | undefined, options: Options) => {
      const number = readUse(entity, options);
      const agent = connectAgent();
      if (options.list) return printList(agent, entity, options);
      const report = await follow(agent, number ?? (await begin(agent, entity, options)), options);
      print(options.json, report, () => describeReport(report));
      if (!isFine(report)) process.exitCode = 1;
    });
}

/** Exactly one of an entity to compare, a report and the list (which an entity narrows). Gives the report's number. */
function readUse(
  entity: string | undefined,
  { report, list, repair, dryRun, account }: Options,
): number | undefined {
  const looks = report !== undefined || list === true;
  const acts = repair === true || dryRun === true || account !== undefined;
  const isClear = looks ? !acts && (list === true) !== (report !== undefined) : entity !== undefined;
  if (!isClear || (report !== undefined && entity !== undefined)) {
    throw new CommandError('Give an entity, or --report NUMBER, or --list.', { exitCode: 2 });
  }
  if (report === undefined) return undefined;
  const number = Number(report);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new CommandError(`--report ${report} is not the number of a report.`, { exitCode: 2 });
}

async function printList(agent: AgentClient, entity: string | undefined, { json }: Options): Promise<void> {
  const query = entity === undefined ? '' : `?entity=${encodeURIComponent(entity)}`;
  const list = (await agent.get(`/v1/reconcile${query}`, reports)).reports;
  print(json, list, () => describeReports(list));
}

async function begin(
  agent: AgentClient,
  entity: string | undefined,
  { repair = false, dryRun = false, account }: Options,
): Promise<number> {
  const body = { entity, repair, dryRun, ...(account !== undefined && { account }) };
  const { id } = await agent.post('/v1/reconcile', body, begun).catch((error: unknown) => {
    throw asWrongUse(error);
  });
  return id;
}

const unknownName = z.looseObject({
  error: z.looseObject({ code: z.enum(['UNKNOWN_ENTITY', 'UNKNOWN_ACCOUNT']) }),
});

/** A name that does not exist is wrong use, not a failure. */
function asWrongUse(error: unknown): unknown {
  if (!(error instanceof CommandError) || !unknownName.safeParse(error.detail).success) return error;
  const { message, fix, detail } = error;
  return new CommandError(message, { exitCode: 2, detail, ...(fix !== undefined && { fix }) });
}

/** Looks on until the run has ended, and gives its report. */
async function follow(agent: AgentClient, id: number, options: Options): Promise<FullReport> {
  const bar = startBar(options);
  const leave = (): void => {
    bar?.stop();
    process.stderr.write(
      `The run goes on in the agent. Look at it with: ctg-sync reconcile --report ${id}\n`,
    );
    process.exit(130);
  };
  process.once('SIGINT', leave);
  try {
    for (;;) {
      const report = await agent.get(`/v1/reconcile/${id}?limit=0`, reportSchema);
      bar?.update(report.checked, { phase: phaseOf(report) });
      if (report.state !== 'running') return await agent.get(`/v1/reconcile/${id}`, fullReportSchema);
      await pause(LOOK_EVERY_MS);
    }
  } finally {
    process.off('SIGINT', leave);
    bar?.stop();
  }
}

const PHASES: Readonly<Record<string, string>> = {
  starting: 'reading the platform',
  erp: 'the ERP',
  ledger: 'the ledger',
  platform: 'the platform',
};

function phaseOf({ phase }: Report): string {
  return PHASES[phase] ?? phase;
}

/** How many rows there are is known only at the end, so the bar counts. */
function startBar({ json }: Options): SingleBar | undefined {
  if (!process.stderr.isTTY || json === true) return undefined;
  const format = '{phase}: {value} rows looked at, {duration} s';
  const bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true });
  bar.start(0, 0, { phase: PHASES.starting });
  return bar;
}

/** A list of the platform's that could not be read leaves the question open. */
function isFine({ state, differences, platform }: FullReport): boolean {
  return state === 'done' && differences === 0 && platform.every(({ complete }) => complete);
}
