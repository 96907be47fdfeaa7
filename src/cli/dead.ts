import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { type AgentClient, connectAgent } from './agent-client.ts';
import { CommandError } from './command-error.ts';
import { print, shortTime, table } from './output.ts';

const listing = z.looseObject({
  deliveries: z.array(
    z.looseObject({
      id: z.number(),
      account: z.string(),
      entity: z.string(),
      key: z.string(),
      state: z.string(),
      attempts: z.number(),
      capturedAt: z.string(),
      reason: z.string().nullable(),
    }),
  ),
  next: z.number().nullable(),
});

const retried = z.looseObject({
  retried: z.number(),
  skipped: z.array(z.looseObject({ id: z.number(), reason: z.string() })),
  next: z.number().nullable(),
});

const IDS_A_REQUEST = 500;

/** `ctg-sync dead list|retry|drop` */
export function deadCommand(program: Command): void {
  const dead = program
    .command('dead')
    .description(
      'dead letters: deliveries that wait for a person (held, or rejected and not corrected since)',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ ctg-sync dead list --entity goods
  $ ctg-sync dead retry 4711 4712
  $ ctg-sync dead retry --all
  $ ctg-sync dead drop 4711 --note "ordered by telephone"`,
    );
  addList(dead);
  addRetry(dead);
  addDrop(dead);
}

function addList(dead: Command): void {
  dead
    .command('list')
    .description('list them, newest first')
    .option('--entity <entity>', 'only of this entity')
    .option('--limit <count>', 'at most so many', readWhole, 100)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ ctg-sync dead list --entity goods --limit 20')
    .action(async ({ entity, limit, json }: { entity?: string; limit: number; json?: boolean }) => {
      const deliveries = await readDead(connectAgent(), entity, limit);
      print(json, deliveries, () =>
        deliveries.length === 0
          ? 'There are none.'
          : table([
              ['ID', 'ACCOUNT', 'ENTITY', 'KEY', 'STATE', 'TRIES', 'CAPTURED', 'REASON'],
              ...deliveries.map((each) => [
                each.id,
                each.account,
                each.entity,
                each.key,
                each.state,
                each.attempts,
                shortTime(each.capturedAt),
                each.reason,
              ]),
            ]),
      );
    });
}

/** A delivery that waits for a person. */
export type Dead = z.infer<typeof listing>['deliveries'][number];

/** The newest `limit` of them. A page may hold fewer than it could, or none, while there are more. */
export async function readDead(
  agent: AgentClient,
  entity: string | undefined,
  limit: number,
): Promise<Dead[]> {
  const found: Dead[] = [];
  for (let before: number | null | undefined; before !== null && found.length < limit; ) {
    const query = new URLSearchParams({ state: 'dead', limit: String(Math.min(limit, 500)) });
    if (entity !== undefined) query.set('entity', entity);
    if (before !== undefined) query.set('before', String(before));
    const page = await agent.get(`/v1/deliveries?${query}`, listing);
    found.push(...page.deliveries);
    before = page.next;
  }
  return found.slice(0, limit);
}

function addRetry(dead: Command): void {
  dead
    .command('retry')
    .argument('[ids...]', 'deliveries', readIds)
    .description('let them go again: held ones go on, rejected ones go as new changes')
    .option('--entity <entity>', 'all of this entity')
    .option('--all', 'all there are')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ ctg-sync dead retry 4711 4712
  $ ctg-sync dead retry --entity goods
  $ ctg-sync dead retry --all`,
    )
    .action(
      async (
        ids: readonly number[] | undefined,
        { entity, all, json }: { entity?: string; all?: boolean; json?: boolean },
      ) => {
        const given = ids ?? [];
        const ways = [given.length > 0, entity !== undefined, all === true].filter(Boolean).length;
        if (ways !== 1) {
          throw new CommandError('Give ids, or --entity, or --all.', { exitCode: 2 });
        }
        const agent = connectAgent();
        const result = given.length > 0 ? await retryIds(agent, given) : await retryAll(agent, entity);
        print(json, result, () =>
          [
            `Retried: ${result.retried}`,
            ...result.skipped.map((each) => `Skipped ${each.id}: ${each.reason}`),
          ].join('\n'),
        );
        if (given.length > 0 && result.skipped.length > 0) process.exitCode = 1;
      },
    );
}

type Result = { retried: number; skipped: { id: number; reason: string }[] };

async function retryIds(agent: AgentClient, ids: readonly number[]): Promise<Result> {
  const result: Result = { retried: 0, skipped: [] };
  for (let start = 0; start < ids.length; start += IDS_A_REQUEST) {
    const page = await agent.post(
      '/v1/dead/retry',
      { ids: ids.slice(start, start + IDS_A_REQUEST) },
      retried,
    );
    result.retried += page.retried;
    result.skipped.push(...page.skipped);
  }
  return result;
}

async function retryAll(agent: AgentClient, entity: string | undefined): Promise<Result> {
  const result: Result = { retried: 0, skipped: [] };
  for (let before: number | null | undefined; before !== null; ) {
    const page = await agent.post('/v1/dead/retry', { entity, before }, retried);
    result.retried += page.retried;
    result.skipped.push(...page.skipped);
    before = page.next;
  }
  return result;
}

function addDrop(dead: Command): void {
  dead
    .command('drop')
    .argument('<ids...>', 'deliveries', readIds)
    .description('give them up: they are counted as dropped and never sent')
    .requiredOption('--note <text>', 'why; it stays in the ledger')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ ctg-sync dead drop 4711 --note "ordered by telephone"')
    .action(async (ids: readonly number[], { note, json }: { note: string; json?: boolean }) => {
      const agent = connectAgent();
      const result: { dropped: number[]; refused: { id: number; reason: string }[] } = {
        dropped: [],
        refused: [],
      };
      for (const id of ids) {
        try {
          await agent.post(`/v1/deliveries/${id}/drop`, { note }, z.looseObject({}));
          result.dropped.push(id);
        } catch (error) {
          // What the agent itself refuses has detail; anything else (no agent) ends the command.
          if (!(error instanceof CommandError) || error.detail === undefined) throw error;
          result.refused.push({ id, reason: error.message });
        }
      }
      print(json, result, () =>
        [
          `Dropped: ${result.dropped.length}`,
          ...result.refused.map((each) => `Refused ${each.id}: ${each.reason}`),
        ].join('\n'),
      );
      if (result.refused.length > 0) process.exitCode = 1;
    });
}

function readIds(text: string, before: readonly number[] | undefined): readonly number[] {
  return [...(before ?? []), readWhole(text)];
}

function readWhole(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('must be a whole number above 0.');
}
