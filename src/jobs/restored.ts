import { within } from '../ledger/hand.ts';
import {
  type DoubtfulChange,
  doubtOpen,
  holdNewKeys,
  leapIds,
  lockRelay,
  newestDelivery,
  raiseKeyClock,
  readLivingAgents,
  readOlderPersons,
} from '../ledger/restored-store.ts';
import { type RelayContext, relayOutbox } from './relay.ts';

/** What is done after a restore. */
export type RestoredRequest = {
  /** The number in the last key that the platform has seen, where somebody knows it. */
  readonly lastKey: number | undefined;
  /** Says what would be done, and changes nothing. */
  readonly dryRun: boolean;
};

/** What was found, and done, after a restore. */
export type RestoredReport = {
  readonly dryRun: boolean;
  /** Changes that were taken out of the outbox. */
  readonly moved: number;
  /** Held for a person: an order or a reminder that would get a new key. */
  readonly held: readonly DoubtfulChange[];
  /** The same, but behind another change of their record. */
  readonly rejected: readonly DoubtfulChange[];
  /** What is verified, or repeated with its own key, when an agent starts. */
  readonly inDoubt: readonly { readonly entity: string; readonly count: number }[];
  /** What waited for a person already when the backup was made. */
  readonly fromBackup: { readonly held: number; readonly rejected: number };
};

const BATCH = 500;
const EVERYTHING = { onlyEntities: undefined, unreadableEntities: [], refusedAccounts: [] } as const;

/**
 * Makes a restored ledger safe to go on with: whatever was owed when the backup was made may have been sent since. All of
 * the outbox is moved into the ledger, and in one transaction with that everything owed is counted as in doubt, or
 * held where a new key would double it. Done twice, it changes nothing that matters. No agent may run meanwhile: one that
 * is started now finds the rows locked, and one that was before the locks is seen at the end.
 *
 * @throws AgentsLive when an agent lives; then nothing is changed.
 * @throws SourceUnreadable when a record cannot be read through its source map; then nothing is changed.
 */
export async function afterRestore(
  context: RelayContext,
  { lastKey, dryRun }: RestoredRequest,
): Promise<RestoredReport> {
  const { database } = context;
  if (!dryRun) await leapIds(database);
  const work = database.transact(async (transaction) => {
    await lockRelay(transaction);
    if (lastKey !== undefined) await raiseKeyClock(transaction, lastKey);
    const newest = await newestDelivery(transaction);
    const fromBackup = await readOlderPersons(transaction, newest);
    const moved = await emptyOutbox({ ...context, database: within(database, transaction) });
    const doubtful = await holdNewKeys(transaction, database.dialect, newest);
    const inDoubt = await doubtOpen(transaction);
    const living = await readLivingAgents(database);
    if (living.length > 0) throw new AgentsLive(living);
    const report = { dryRun, moved, ...doubtful, inDoubt, fromBackup };
    if (dryRun) throw new OnlyLooked(report);
    return report;
  });
  return work.catch((error: unknown) => {
    if (error instanceof OnlyLooked) return error.report;
    throw error;
  });
}

/** An agent may be sending what this takes for owed. */
export class AgentsLive extends Error {
  override readonly name = 'AgentsLive';
  readonly ids: readonly string[];

  constructor(ids: readonly string[]) {
    super(`An agent is running: ${ids.join(', ')}.`);
    this.ids = ids;
  }
}

/** Takes the transaction back, with what it found. */
class OnlyLooked extends Error {
  readonly report: RestoredReport;

  constructor(report: RestoredReport) {
    super('Nothing was to be changed.');
    this.report = report;
  }
}

async function emptyOutbox(context: RelayContext): Promise<number> {
  let moved = 0;
  for (;;) {
    const { claimed } = await relayOutbox(context, BATCH, EVERYTHING);
    moved += claimed;
    if (claimed < BATCH) return moved;
  }
}
