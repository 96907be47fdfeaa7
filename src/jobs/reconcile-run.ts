import type { SourceMap } from '../config/source-map.ts';
import type { Database } from '../erp/database.ts';
import { type OutboxEntry, writeOutbox } from '../erp/outbox.ts';
import { fieldsOf } from '../ledger/field-changes.ts';
import { identityText } from '../ledger/mirror-identity.ts';
import { type MirrorName, markMatched, mirrorNameText } from '../ledger/mirror-match.ts';
import {
  type KeptFinding,
  keepFindings,
  noteProgress,
  type ReconcileRequest,
  type ReconcileRun,
} from '../ledger/reconcile-store.ts';
import type { FindingKind, PlatformView, Verdict } from '../ledger/reconcile-verdict.ts';
import type { Standing } from '../ledger/standings.ts';
import type { Lane } from '../ledger/states.ts';
import type { PlatformInterface, Push } from '../mappers/interface.ts';

/** Rows that are compared at once. */
export const PAGE = 500;

/** Findings of one kind that a report keeps; the counts go on. So no kind crowds the others out. */
const KEPT_PER_KIND = 200;

/** The reading of one account's list at the platform. */
export type Walked = {
  readonly account: string;
  /** Whether the mirror is as the platform was; otherwise the ledger alone is compared with. */
  readonly complete: boolean;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly reason?: string;
};

/** A run while it goes on. */
export type Comparing = {
  readonly database: Database;
  readonly companyOf: (account: string) => string | undefined;
  readonly wake: () => void;
  readonly run: ReconcileRun;
  readonly request: ReconcileRequest;
  readonly map: SourceMap;
  readonly target: PlatformInterface;
  readonly push: Push;
  /** By account. */
  readonly walks: ReadonlyMap<string, Walked>;
  readonly signal: AbortSignal;
  checked: number;
  counts: Readonly<Record<string, number>>;
};

/** One row that was judged. */
export type Judged = {
  readonly lane: Lane;
  readonly verdict: Verdict;
  /** The rows of the platform's list that belong to it. */
  readonly names?: readonly MirrorName[];
  /** The platform's name, of a row that has no key. */
  readonly identity?: string;
  /** The ledger's record, as JSON text. */
  readonly known?: string | undefined;
};

/** The run is not this agent's any more, or the agent is stopping. */
export class RunLost extends Error {
  override readonly name = 'RunLost';
}

/**
 * Writes a page: the counts, the sample, the repairs and what was matched, in one transaction with the proof that the
 * run is still this agent's. So a page is repaired once, whatever dies.
 */
export async function writePage(
  comparing: Comparing,
  phase: string,
  judged: readonly Judged[],
): Promise<void> {
  const { database, run, request } = comparing;
  const counts = addCounts(comparing.counts, judged);
  const checked = comparing.checked + judged.length;
  const repairs = request.mode === 'repair' ? judged.flatMap(repairOf) : [];
  const names = judged.flatMap((each) => each.names ?? []);
  const isMine = await database.transact(async (transaction) => {
    if (!(await noteProgress(transaction, database, run, { phase, checked, counts }))) return false;
    await keepFindings(transaction, run, sampleOf(comparing, judged));
    await writeOutbox(transaction, repairs);
    await markMatched(transaction, database.dialect, { entity: request.entity, run: run.id, names });
    return true;
  });
  if (!isMine || comparing.signal.aborted) throw new RunLost('The run does not go on here.');
  comparing.counts = counts;
  comparing.checked = checked;
  if (repairs.length > 0) comparing.wake();
}

function addCounts(
  before: Readonly<Record<string, number>>,
  judged: readonly Judged[],
): Record<string, number> {
  const counts = { ...before };
  for (const { verdict } of judged) {
    counts[verdict.kind] = (counts[verdict.kind] ?? 0) + 1;
    const repair = `repair_${verdict.repair}`;
    if (verdict.repair !== undefined) counts[repair] = (counts[repair] ?? 0) + 1;
  }
  return counts;
}

function sampleOf({ counts, push }: Comparing, judged: readonly Judged[]): KeptFinding[] {
  const room = new Map<string, number>();
  return judged.flatMap(({ lane, verdict, identity }) => {
    const { kind } = verdict;
    const left = room.get(kind) ?? KEPT_PER_KIND - (counts[kind] ?? 0);
    if (kind === 'same' || left <= 0) return [];
    room.set(kind, left - 1);
    return [keptFinding({ lane, verdict, ...(identity !== undefined && { identity }) }, kind, push)];
  });
}

/** Secrets are hidden already where the sample is kept. */
function keptFinding(
  { lane, verdict, identity }: Judged,
  kind: FindingKind,
  { secretFields }: Push,
): KeptFinding {
  const { reason, repair } = verdict;
  const changes = verdict.changes?.map((each) =>
    secretFields.includes(each.field) ? { ...each, old: '***', new: '***' } : each,
  );
  return {
    kind,
    account: lane.account,
    ...(identity === undefined ? { key: lane.key } : { identity }),
    ...(reason !== undefined && { reason }),
    ...(changes !== undefined && { changes }),
    ...(repair !== undefined && { repair }),
  };
}

/** The record itself is read by the relay when the change's turn comes, so that it goes as it then is. */
function repairOf({ lane, verdict, known }: Judged): OutboxEntry[] {
  if (verdict.repair === undefined) return [];
  const payload = verdict.repair === 'delete' ? { payload: fieldsOf(known) } : {};
  return [{ ...lane, op: verdict.repair, ...payload }];
}

/** The name of a record's row in the platform's list, where there is such a list and the name is known. */
export function mirrorNameOf(
  { target }: Comparing,
  account: string,
  record: string | undefined,
  platformId: string | undefined,
): MirrorName | undefined {
  const identity = record === undefined ? undefined : target.mirror?.identify(fieldsOf(record), platformId);
  return identity && { account, identity: identityText(identity) };
}

/** What the platform's list says. A record that was settled since its reading began is newer than the list. */
export function viewOf(
  { walks }: Comparing,
  name: MirrorName | undefined,
  { binding }: Standing,
  mirrored: ReadonlyMap<string, Record<string, unknown>>,
): PlatformView {
  const walk = name && walks.get(name.account);
  const isOlder = walk?.complete === true && !(binding && binding.updatedAt >= walk.startedAt);
  if (!name || !isOlder) return { kind: 'unknown' };
  const record = mirrored.get(mirrorNameText(name));
  return record ? { kind: 'row', record } : { kind: 'absent' };
}
