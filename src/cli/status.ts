import type { Command } from 'commander';
import { z } from 'zod';
import { connectAgent } from './agent-client.ts';
import { print, shortDuration, table } from './output.ts';

const status = z.looseObject({
  version: z.string(),
  agent: z.looseObject({ id: z.string() }),
  agents: z.array(z.looseObject({ id: z.string() })),
  database: z.string(),
  queueStore: z.string(),
  balance: z.record(z.string(), z.number()),
  balanced: z.boolean(),
  difference: z.number(),
  lagSeconds: z.number(),
  entities: z.record(z.string(), z.record(z.string(), z.number())),
  systems: z.record(z.string(), z.looseObject({ state: z.string(), retryInMs: z.number().optional() })),
  accounts: z.record(z.string(), z.looseObject({ login: z.string(), message: z.string().optional() })),
  unreadable: z.record(z.string(), z.string()),
});

type Status = z.infer<typeof status>;

/** `ctg-sync status` */
export function statusCommand(program: Command): void {
  program
    .command('status')
    .description('show the balance of all changes, the lag, the systems and the accounts')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const read = await connectAgent().get('/v1/status', status);
      print(json, read, () => describe(read));
      if (!read.balanced) process.exitCode = 1;
    });
}

function describe(read: Status): string {
  const { captured = 0, ...parts } = read.balance;
  const sum = Object.entries(parts).map(([name, value]) => `${name} ${value}`);
  const balance = read.balanced ? 'balanced' : `OUT OF BALANCE by ${read.difference}`;
  return [
    `ctg-sync ${read.version}, agent ${read.agent.id} (${read.agents.length} alive), database ${read.database}, queues ${read.queueStore}`,
    `captured ${captured} = ${sum.join(' + ')} (${balance})`,
    `oldest change on its way: ${shortDuration(read.lagSeconds)}`,
    '',
    describeEntities(read),
    '',
    table([
      ['SYSTEM', 'CIRCUIT', 'NEXT PROBE'],
      ...Object.entries(read.systems).map(([name, { state, retryInMs }]) => [
        name,
        state,
        retryInMs === undefined ? '' : `in ${shortDuration(retryInMs / 1000)}`,
      ]),
    ]),
    '',
    table([
      ['ACCOUNT', 'LOGIN', 'MESSAGE'],
      ...Object.entries(read.accounts).map(([id, { login, message }]) => [id, login, message]),
    ]),
    ...Object.entries(read.unreadable).map(([entity, reason]) => `\n${entity}: ${reason}`),
  ].join('\n');
}

function describeEntities({ entities }: Status): string {
  const names = [...new Set(Object.values(entities).flatMap((counts) => Object.keys(counts)))].sort();
  if (names.length === 0) return 'Nothing was captured yet.';
  const rows = Object.entries(entities).map(([entity, counts]) => [
    entity,
    ...names.map((name) => counts[name] ?? 0),
  ]);
  return table([['ENTITY', ...names], ...rows]);
}
