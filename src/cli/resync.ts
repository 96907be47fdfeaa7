import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { z } from 'zod';
import { type AgentClient, connectAgent } from './agent-client.ts';
import { followToEnd, sentenceOf } from './backfill.ts';
import { CommandError } from './command-error.ts';
import { oneBackfill } from './follow-backfill.ts';
import { print } from './output.ts';

type Options = {
  key?: string[];
  since?: string;
  all?: boolean;
  after?: string;
  account: string;
  dryRun?: boolean;
  force?: boolean;
  json?: boolean;
  wait: boolean;
};

const preview = z.looseObject({
  key: z.string(),
  would: z.enum(['add', 'modify', 'delete', 'unchanged', 'invalid', 'cannot_change']),
  reason: z.string().optional(),
  blockedBy: z.array(z.string()).optional(),
  changes: z
    .array(z.object({ field: z.string(), old: z.unknown().optional(), new: z.unknown().optional() }))
    .optional(),
});

type Preview = z.infer<typeof preview>;

const page = z.looseObject({
  enqueued: z.number(),
  next: z.string().nullable(),
  done: z.boolean(),
  sample: z.array(preview).optional(),
});

const KEYS_A_REQUEST = 500;

/** `ctg-sync resync ENTITY` */
export function resyncCommand(program: Command): void {
  program
    .command('resync')
    .argument('<entity>', 'for example goods')
    .description("read records through the entity's source map and send what differs")
    .option('--key <keys...>', 'these records')
    .option('--since <time>', 'those that changed since: a time, or how long ago (90m, 24h, 7d)')
    .option('--all', 'all of them')
    .option('--after <place>', 'with --dry-run: go on where an earlier run stopped')
    .option('--account <id>', 'the account of records whose source map names none', 'default')
    .option('--dry-run', 'only say what would be sent')
    .option('--force', 'send even what has not changed')
    .option('--no-wait', 'with --all and --since: start it, and do not follow it')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ ctg-sync resync goods --key G-1001 G-1002
  $ ctg-sync resync goods --since 24h --dry-run
  $ ctg-sync resync customer --all --force

--all and --since are backfills: the agent works through them, at the rate at which it sends, and goes on when this
command is ended (Ctrl-C) or an agent restarts. See "ctg-sync backfill --help".`,
    )
    .action(async (entity: string, options: Options) => {
      const ways = [options.key, options.since, options.all].filter((each) => each !== undefined);
      if (ways.length !== 1)
        throw new CommandError('Give exactly one of --key, --since and --all.', { exitCode: 2 });
      if (options.key === undefined && options.dryRun !== true) return runBackfill(entity, options);
      const result = await resyncAll(connectAgent(), entity, options);
      print(options.json, result, () => describe(result, options));
      if (result.sample?.some(({ would }) => would === 'invalid')) process.exitCode = 1;
    });
}

const startedBackfill = oneBackfill.extend({ joined: z.boolean() });

/** Starts a backfill, or joins the same one that is under way, and follows it. */
async function runBackfill(entity: string, options: Options): Promise<void> {
  const { account, force = false, since, json } = options;
  if (options.after !== undefined) {
    const message = '--after goes with --dry-run: a backfill knows itself where it stands.';
    throw new CommandError(message, { exitCode: 2, fix: 'To go on with one: ctg-sync backfill resume ID.' });
  }
  const agent = connectAgent();
  const which = since === undefined ? { all: true } : { since: readSince(since) };
  const { backfill, joined } = await agent.post(
    '/v1/resync',
    { entity, account, force, ...which },
    startedBackfill,
  );
  if (joined && json !== true) {
    process.stderr.write(
      `The same backfill (${backfill.id}) is under way already; it is not started again.\n`,
    );
  }
  if (options.wait && backfill.state === 'running') return followToEnd(agent, backfill.id, json);
  print(json, backfill, () => sentenceOf(backfill));
}

type Result = { enqueued: number; pages: number; sample?: Preview[] };

async function resyncAll(agent: AgentClient, entity: string, options: Options): Promise<Result> {
  const { account, dryRun = false, force = false } = options;
  const result: Result = { enqueued: 0, pages: 0, ...(dryRun && { sample: [] }) };
  const bar = startBar(options);
  try {
    for (const selection of selections(options)) {
      for (let after: string | null | undefined = options.after; after !== null; ) {
        const request = {
          entity,
          account,
          dryRun,
          force,
          ...selection,
          ...(after !== undefined && { after }),
        };
        const reply: z.infer<typeof page> = await agent
          .post('/v1/resync', request, page)
          .catch((error: unknown) => {
            throw stopped(error, after);
          });
        result.enqueued += reply.enqueued;
        result.pages += 1;
        result.sample?.push(...(reply.sample ?? []));
        bar?.update(dryRun ? (result.sample?.length ?? 0) : result.enqueued);
        after = reply.next;
      }
    }
  } finally {
    bar?.stop();
  }
  return result;
}

function selections({ key, since }: Options): Record<string, unknown>[] {
  if (since !== undefined) return [{ since: readSince(since) }];
  if (key === undefined) return [{ all: true }];
  const pages: Record<string, unknown>[] = [];
  for (let start = 0; start < key.length; start += KEYS_A_REQUEST) {
    pages.push({ keys: key.slice(start, start + KEYS_A_REQUEST) });
  }
  return pages;
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `24h` ago as a time; what is a time already stays as it is. */
function readSince(text: string): string {
  const [, count, unit = ''] = /^(\d+)([mhd])$/.exec(text) ?? [];
  const milliseconds = UNITS[unit];
  if (count !== undefined && milliseconds !== undefined) {
    return new Date(Date.now() - Number(count) * milliseconds).toISOString();
  }
  if (/^\d{4}-\d\d-\d\d/.test(text)) return text;
  throw new CommandError(
    `--since ${text} is neither a time (2026-03-01T08:00:00+08:00) nor a duration (24h).`,
    {
      exitCode: 2,
    },
  );
}

function startBar({ key, json }: Options): SingleBar | undefined {
  if (!process.stderr.isTTY || json === true) return undefined;
  const format = key === undefined ? '{value} records, {duration} s' : '{bar} {value}/{total} records';
  const bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true });
  bar.start(key?.length ?? 0, 0);
  return bar;
}

/** A run that ends in the middle says how to go on. */
function stopped(error: unknown, after: string | null | undefined): unknown {
  if (!(error instanceof CommandError) || after === undefined || after === null) return error;
  const fix = `${error.fix ?? ''} Then go on with --after "${after}".`.trim();
  return new CommandError(error.message, { fix, detail: error.detail });
}

const SIGNS = {
  add: '+',
  modify: '~',
  delete: '-',
  unchanged: '=',
  invalid: '!',
  cannot_change: 'x',
} as const;

function describe({ enqueued, sample }: Result, { dryRun }: Options): string {
  if (!dryRun || !sample) return `${enqueued} records were put into the outbox.`;
  const counts = Map.groupBy(sample, ({ would }) => would);
  const blocked = sample.filter(({ blockedBy }) => blockedBy !== undefined).length;
  const sums = [...counts].map(([would, all]) => `${wordOf(would)} ${all.length}`);
  const sum = [...sums, ...(blocked === 0 ? [] : [`blocked for now ${blocked}`])].join(', ');
  const lines = sample.filter(({ would }) => would !== 'unchanged').map(describePreview);
  return [...lines, `Would: ${sum === '' ? 'nothing' : sum}. Nothing was done.`].join('\n');
}

function describePreview({ key, would, reason, blockedBy = [], changes = [] }: Preview): string {
  const shows = would === 'modify' || would === 'cannot_change';
  const shown = shows ? changes.map((each) => `${each.field}: ${text(each.old)} → ${text(each.new)}`) : [];
  const blocked = blockedBy.map((each) => `blocked by: ${each}`);
  const tail = [...shown, ...(reason === undefined ? [] : [reason]), ...blocked].join('; ');
  return `${SIGNS[would]} ${wordOf(would)} ${key}${tail === '' ? '' : `  ${tail}`}`;
}

function wordOf(would: Preview['would']): string {
  return would.replace('_', ' ');
}

function text(value: unknown): string {
  return value === undefined ? '–' : JSON.stringify(value);
}
