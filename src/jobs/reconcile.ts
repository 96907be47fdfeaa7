import type { Logger } from 'pino';
import type { Accounts } from '../config/accounts.ts';
import type { Entity } from '../config/entities.ts';
import { isEntity } from '../config/entities.ts';
import type { Sources } from '../config/source-map.ts';
import type { Database } from '../erp/database.ts';
import { databaseTime } from '../ledger/mirror-match.ts';
import {
  beginRun,
  endRun,
  keepAlive,
  notePlatform,
  type ReconcileRequest,
  RUN_CLAIM_MS,
} from '../ledger/reconcile-store.ts';
import type { PlatformInterface, Push } from '../mappers/interface.ts';
import { interfaceFor } from '../mappers/registry.ts';
import type { Mirror } from './mirror.ts';
import { compareErp, compareLedger, comparePlatform } from './reconcile-passes.ts';
import { type Comparing, RunLost, type Walked } from './reconcile-run.ts';

/** What comparing works with. */
export type ReconcileContext = {
  readonly database: Database;
  readonly sources: Sources;
  readonly accounts: Accounts;
  readonly companyOf: (account: string) => string | undefined;
  readonly mirror: Pick<Mirror, 'walk'>;
  readonly wake: () => void;
  readonly logger: Logger;
  readonly agentId: string;
};

/** What came of asking for a run: its number, or that of the one that goes on already. */
export type Started =
  | { readonly kind: 'started'; readonly id: number; readonly ended: Promise<void> }
  | { readonly kind: 'busy'; readonly id: number | undefined }
  | { readonly kind: 'no-source-map' };

/** Compares the ERP with the ledger and, where it has lists, with the platform. */
export type Reconciler = {
  /** Begins a run and lets it go on by itself. */
  start(request: ReconcileRequest): Promise<Started>;
  /** Compares every entity that has a source map, one after the other. `repair`: repairs all but what is sent once. */
  runAll(options: { readonly repair: boolean }): Promise<void>;
  /** Ends every run after the page that is being compared. */
  stop(): void;
  settled(): Promise<void>;
};

/** Builds the reconciler of an agent. */
export function createReconciler(context: ReconcileContext): Reconciler {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const start = async (request: ReconcileRequest): Promise<Started> => {
    const subject = subjectOf(context.sources, request.entity);
    if (!subject) return { kind: 'no-source-map' };
    const begun = await beginRun(context.database, request, context.agentId);
    if (begun.kind === 'busy') return begun;
    const ended = follow(context, { run: begun.run, request, ...subject, signal: stopping.signal });
    running.add(ended);
    void ended.finally(() => running.delete(ended));
    return { kind: 'started', id: begun.run.id, ended };
  };
  return {
    start,
    runAll: async ({ repair }) => {
      for (const entity of context.sources.keys()) {
        if (stopping.signal.aborted) return;
        const started = await start(scheduled(entity, repair));
        if (started.kind === 'started') await started.ended;
      }
    },
    stop: () => stopping.abort(),
    settled: async () => {
      await Promise.all(running);
    },
  };
}

/** A schedule never sends what happens once: an order that is missing there may have been withheld on purpose. */
function scheduled(entity: Entity, repair: boolean): ReconcileRequest {
  const mayRepair = repair && interfaceFor(entity)?.kind === 'latest';
  return { entity, account: undefined, mode: mayRepair ? 'repair' : 'compare', requestedBy: 'schedule' };
}

type Subject = Pick<Comparing, 'map' | 'target' | 'push'>;

function subjectOf(sources: Sources, entity: string): Subject | undefined {
  const target: PlatformInterface | undefined = interfaceFor(entity);
  const push: Push | undefined = target?.push;
  const map = isEntity(entity) ? sources.get(entity) : undefined;
  return map && target && push ? { map, target, push } : undefined;
}

type Following = Subject & Pick<Comparing, 'run' | 'request' | 'signal'>;

/** Takes a run to its end. It never throws: what went wrong is in the report. */
async function follow(context: ReconcileContext, following: Following): Promise<void> {
  const { database, logger } = context;
  const { run, request } = following;
  const beat = setInterval(() => {
    keepAlive(database, run).catch((error: unknown) =>
      logger.warn({ reconcile: run.id, error: String(error) }, 'a reconcile could not say that it lives'),
    );
  }, RUN_CLAIM_MS / 4);
  const facts = { reconcile: run.id, entity: request.entity, mode: request.mode };
  try {
    const counts = await compare(context, following);
    await endRun(database, run, { state: 'done' });
    logger.info({ ...facts, ...counts }, 'reconcile');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn({ ...facts, error: reason }, 'reconcile');
    await endRun(database, run, endOf(error, following.signal)).catch(() => undefined);
  } finally {
    clearInterval(beat);
  }
}

function endOf(
  error: unknown,
  signal: AbortSignal,
): { readonly state: 'failed' | 'interrupted'; readonly reason: string } {
  if (signal.aborted || error instanceof RunLost) {
    return { state: 'interrupted', reason: 'The agent was stopped.' };
  }
  return { state: 'failed', reason: error instanceof Error ? error.message : String(error) };
}

async function compare(context: ReconcileContext, following: Following): Promise<Comparing['counts']> {
  const { database, companyOf, wake } = context;
  const { run } = following;
  const walks = await walkAll(context, following);
  await notePlatform(database, run, walks);
  const comparing: Comparing = {
    ...following,
    database,
    companyOf,
    wake,
    walks: new Map(walks.map((walk) => [walk.account, walk])),
    checked: 0,
    counts: { same: 0 },
  };
  await compareErp(comparing);
  await compareLedger(comparing);
  await comparePlatform(comparing);
  return comparing.counts;
}

/** Reads the platform's own lists afresh: of a list that is only half read nothing can be called missing. */
async function walkAll(
  { database, accounts, mirror }: ReconcileContext,
  { target, request, signal }: Following,
): Promise<Walked[]> {
  if (!target.mirror) return [];
  const walks: Walked[] = [];
  for (const account of request.account === undefined ? accounts.keys() : [request.account]) {
    if (signal.aborted) throw new RunLost('The agent is stopping.');
    const startedAt = await databaseTime(database);
    const result = await mirror.walk({ account, entity: request.entity });
    const reason = result ? result.reason : 'There is no such account.';
    walks.push({
      account,
      complete: result?.kind === 'complete',
      startedAt,
      endedAt: await databaseTime(database),
      ...(reason !== undefined && { reason }),
    });
  }
  return walks;
}
