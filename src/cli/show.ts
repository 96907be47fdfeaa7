import type { Command } from 'commander';
import { z } from 'zod';
import { connectAgent } from './agent-client.ts';
import { print, shortTime } from './output.ts';

const time = z.string().nullable();

const timeline = z.looseObject({
  waitsFor: z.string().nullable(),
  waitingInOutbox: z.number(),
  bindings: z.array(
    z.looseObject({ account: z.string(), platformId: z.string().nullable(), present: z.boolean() }),
  ),
  deliveries: z.array(
    z.looseObject({
      id: z.number(),
      account: z.string(),
      op: z.string(),
      interface: z.string(),
      state: z.string(),
      reason: z.string().nullable(),
      attempts: z.number(),
      idempotencyKey: z.string().nullable(),
      platformId: z.string().nullable(),
      capturedAt: time,
      sentAt: time,
      closedAt: time,
      history: z.array(
        z.looseObject({
          at: z.string(),
          interface: z.string(),
          stage: z.string(),
          outcome: z.string(),
          message: z.string().nullable(),
          durationMs: z.number(),
        }),
      ),
    }),
  ),
  statuses: z.array(
    z.looseObject({ kind: z.string(), platformId: z.string(), status: z.string(), updatedAt: time }),
  ),
  inbox: z.array(
    z.looseObject({
      kind: z.string(),
      status: z.string(),
      previousStatus: z.string().nullable(),
      seenAt: time,
    }),
  ),
  writeBacks: z.array(
    z.looseObject({ kind: z.string(), attempts: z.number(), fault: z.string().nullable() }),
  ),
  waitedForBy: z.array(z.looseObject({ delivery: z.number(), entity: z.string(), key: z.string() })),
});

type Timeline = z.infer<typeof timeline>;
type Delivery = Timeline['deliveries'][number];

/** `ctg-sync show ENTITY KEY` */
export function showCommand(program: Command): void {
  program
    .command('show')
    .argument('<entity>', 'for example order')
    .argument('<key>', "the record's key in the ERP")
    .description('show the timeline of one record: what was sent, what came back, what it waits for')
    .option('--account <id>', 'only of this account')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ ctg-sync show order SO-1001')
    .action(async (entity: string, key: string, { account, json }: { account?: string; json?: boolean }) => {
      const query = account === undefined ? '' : `?${new URLSearchParams({ account })}`;
      const path = `/v1/entities/${encodeURIComponent(entity)}/${encodeURIComponent(key)}${query}`;
      const read = await connectAgent().get(path, timeline);
      print(json, read, () => describe(entity, key, read));
    });
}

function describe(entity: string, key: string, read: Timeline): string {
  return [
    `${entity} ${key}`,
    ...read.bindings.map((each) =>
      each.present
        ? `  at the platform${each.platformId === null ? '' : ` as ${each.platformId}`} (account ${each.account})`
        : `  no longer at the platform (account ${each.account})`,
    ),
    ...(read.waitsFor === null ? [] : [`  ${read.waitsFor}`]),
    ...(read.waitingInOutbox === 0 ? [] : [`  ${read.waitingInOutbox} changes in the outbox`]),
    ...read.statuses.map((each) => `  ${each.kind} status ${each.status} since ${shortTime(each.updatedAt)}`),
    ...read.writeBacks.map(
      (each) =>
        `  the ERP's table is still to be told: ${each.kind}${each.fault === null ? '' : ` (${each.fault})`}`,
    ),
    ...read.waitedForBy.map(
      (each) => `  ${each.entity} ${each.key} (delivery ${each.delivery}) waits for it`,
    ),
    ...read.deliveries.toReversed().flatMap(describeDelivery),
    ...read.inbox
      .toReversed()
      .map(
        (each) => `${shortTime(each.seenAt)}  ${each.kind} ${each.previousStatus ?? '–'} → ${each.status}`,
      ),
  ].join('\n');
}

function describeDelivery(each: Delivery): string[] {
  const facts = [
    each.idempotencyKey === null ? [] : [`key ${each.idempotencyKey}`],
    each.platformId === null ? [] : [`id ${each.platformId}`],
    each.attempts > 1 ? [`${each.attempts} attempts`] : [],
  ].flat();
  const tail = facts.length === 0 ? '' : ` (${facts.join(', ')})`;
  return [
    '',
    `${shortTime(each.capturedAt)}  delivery ${each.id}: ${each.op} through ${each.interface}: ${each.state}${tail}`,
    ...(each.reason === null ? [] : [`    ${each.reason}`]),
    ...each.history.map(
      (attempt) =>
        `    ${shortTime(attempt.at)}  ${attempt.interface} ${attempt.stage}: ${attempt.outcome}, ${attempt.durationMs} ms${attempt.message === null ? '' : `: ${attempt.message}`}`,
    ),
    ...(each.closedAt === null ? [] : [`    ${shortTime(each.closedAt)}  closed`]),
  ];
}
