import type { Command } from 'commander';
import { connectAgent } from './agent-client.ts';
import { readDead } from './dead.ts';
import { inRed, print, shortDuration, table } from './output.ts';
import { describeDuties } from './status-duties.ts';
import { type Status, statusReply } from './status-reply.ts';

/** More than so many are only said to be more. */
const COUNTED_DEAD = 1000;

const EXAMPLES = `
Examples:
  $ ctg-sync status
  $ ctg-sync status --json | jq .balance
  $ watch -n 5 ctg-sync status

Exit code 1 when the balance does not hold.`;

/** `ctg-sync status` */
export function statusCommand(program: Command): void {
  program
    .command('status')
    .description('show the balance of all changes, the lag, the systems and the accounts')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async ({ json }: { json?: boolean }) => {
      const agent = connectAgent();
      const read = await agent.get('/v1/status', statusReply);
      const dead = await readDead(agent, undefined, COUNTED_DEAD);
      const needsPerson = Object.fromEntries(
        ['held', 'rejected'].map((state) => [state, dead.filter((each) => each.state === state).length]),
      );
      print(json, { ...read, needsPerson }, () => `${describe(read)}\n${describeDuties(read, dead)}`);
      if (!read.balanced) process.exitCode = 1;
    });
}

function describe(read: Status): string {
  const { captured = 0, ...parts } = read.balance;
  const sum = Object.entries(parts).map(([name, value]) => `${name} ${value}`);
  const balance = read.balanced ? 'balanced' : inRed(`OUT OF BALANCE by ${read.difference}`);
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
