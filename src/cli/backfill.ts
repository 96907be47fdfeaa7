import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { type AgentClient, connectAgent } from './agent-client.ts';
import { CommandError } from './command-error.ts';
import {
  backfillSchema,
  followBackfill,
  oneBackfill,
  progressOf,
  type ShownBackfill,
} from './follow-backfill.ts';
import { print, shortTime, table } from './output.ts';

const listing = z.looseObject({ backfills: z.array(backfillSchema) });

/** `ctg-sync backfill list|follow|pause|resume|cancel` */
export function backfillCommand(program: Command): void {
  const backfill = program
    .command('backfill')
    .description('backfills (resync --all, resync --since): how they stand; pause, resume, cancel one')
    .addHelpText(
      'after',
      `
Examples:
  $ ctg-sync resync goods --all        starts one, and follows it
  $ ctg-sync backfill list
  $ ctg-sync backfill follow 3
  $ ctg-sync backfill pause 3`,
    );
  addList(backfill);
  addFollow(backfill);
  addAction(backfill, 'pause', 'hand nothing more over until it is resumed');
  addAction(backfill, 'resume', 'go on where it stands: after a pause, or after it failed');
  addAction(backfill, 'cancel', 'end it; what was handed over already is sent all the same');
}

function addList(backfill: Command): void {
  backfill
    .command('list')
    .description('list them, newest first')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const { backfills } = await connectAgent().get('/v1/backfills', listing);
      print(json, backfills, () =>
        backfills.length === 0
          ? 'There are none.'
          : table([
              ['ID', 'ENTITY', 'WHICH', 'STATE', 'RECORDS', 'OF', 'STARTED', 'ENDED', 'REASON'],
              ...backfills.map((each) => [
                each.id,
                each.entity,
                `${each.since === null ? 'all' : `since ${each.since}`}${each.force ? ', forced' : ''}`,
                each.state,
                each.records,
                each.total,
                shortTime(each.startedAt),
                shortTime(each.endedAt),
                each.reason,
              ]),
            ]),
      );
    });
}

function addFollow(backfill: Command): void {
  backfill
    .command('follow')
    .argument('<id>', 'its number', readId)
    .description('show how one goes on, until its end or Ctrl-C (which leaves it running)')
    .option('--json', 'print JSON, at the end')
    .action(async (id: number, { json }: { json?: boolean }) => followToEnd(connectAgent(), id, json));
}

function addAction(backfill: Command, action: 'pause' | 'resume' | 'cancel', description: string): void {
  backfill
    .command(action)
    .argument('<id>', 'its number', readId)
    .description(description)
    .option('--json', 'print JSON')
    .action(async (id: number, { json }: { json?: boolean }) => {
      const changed = await connectAgent().post(`/v1/backfills/${id}/${action}`, {}, oneBackfill);
      print(json, changed.backfill, () => sentenceOf(changed.backfill));
    });
}

function readId(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a number: see "ctg-sync backfill list".');
}

/** Follows a backfill and prints what became of it. Throws the `CommandError` of one that failed. */
export async function followToEnd(agent: AgentClient, id: number, json: boolean | undefined): Promise<void> {
  const backfill = await followBackfill(agent, id, json === true);
  if (backfill.state === 'failed') {
    throw new CommandError(sentenceOf(backfill), {
      fix: `Correct the cause, then go on from there with "ctg-sync backfill resume ${id}".`,
      detail: backfill,
    });
  }
  print(json, backfill, () => sentenceOf(backfill));
  if (backfill.state === 'cancelled') process.exitCode = 1;
}

/** How a backfill stands, in words. */
export function sentenceOf(backfill: ShownBackfill): string {
  const { id, state, reason } = backfill;
  const progress = progressOf(backfill);
  switch (state) {
    case 'running':
      return `Backfill ${id} goes on in the agent: ${progress} so far. See: ctg-sync backfill follow ${id}; stop it: ctg-sync backfill cancel ${id}`;
    case 'paused':
      return `Backfill ${id} is paused: ${progress} so far. Go on: ctg-sync backfill resume ${id}`;
    case 'done':
      return `Backfill ${id} is done: ${backfill.records} records of ${backfill.entity} were handed over; the last of them are being sent (ctg-sync status).`;
    case 'cancelled':
      return `Backfill ${id} was cancelled after ${progress}.`;
    case 'failed':
      return `Backfill ${id} failed after ${progress}. ${reason ?? ''}`.trim();
  }
}
