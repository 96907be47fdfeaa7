import { DEFAULT_ACCOUNT } from '../config/accounts.ts';
import type { Executor } from '../erp/database.ts';
import { type FaultyKey, readApart } from '../erp/read-apart.ts';
import type { SourceRecord } from '../erp/records.ts';
import type { Content } from '../ledger/decide.ts';
import { fieldChanges } from '../ledger/field-changes.ts';
import { type MirrorName, readMirrored, unmatchedRows } from '../ledger/mirror-match.ts';
import { prepareChange } from '../ledger/prepare.ts';
import { judgeRecord, judgeVanished, type Verdict } from '../ledger/reconcile-verdict.ts';
import { readKeys } from '../ledger/resync.ts';
import { readSnapshot } from '../ledger/snapshot.ts';
import { readHistories, readStandings, type Standing } from '../ledger/standings.ts';
import { type Lane, laneText } from '../ledger/states.ts';
import { type Comparing, type Judged, mirrorNameOf, PAGE, viewOf, writePage } from './reconcile-run.ts';

type Read = SourceRecord | FaultyKey;

/**
 * First pass: every record of the ERP, page by page, against the ledger and the platform. A page is read as it was at one
 * moment: the ERP writes a record and its outbox row in one transaction, so a change is never seen by half.
 */
export async function compareErp(comparing: Comparing): Promise<void> {
  const { database, map } = comparing;
  for (let after: string | undefined; ; ) {
    const page = await readKeys(database, map, { kind: 'all' }, { after, limit: PAGE });
    const keys = [...new Set(page.keys)];
    const judged = await readSnapshot(database, async (snapshot) => {
      const records = await readApart(snapshot, map, keys);
      return judgeRecords(comparing, snapshot, recordsOf(comparing, keys, records));
    });
    await writePage(comparing, 'erp', judged);
    if (page.next === undefined) return;
    after = page.next;
  }
}

type Found = { readonly lane: Lane; readonly content: Content };

function recordsOf(
  comparing: Comparing,
  keys: readonly string[],
  records: ReadonlyMap<string, Read>,
): Found[] {
  return keys.flatMap((key) => {
    const source = records.get(key);
    if (!source) return [];
    const lane = laneIn(comparing, key, source);
    return isAsked(comparing, lane.account) ? [{ lane, content: contentOf(comparing, lane, source) }] : [];
  });
}

function isAsked({ request }: Comparing, account: string): boolean {
  return request.account === undefined || request.account === account;
}

/** The record's own account; where its map names none, the one that was asked for. */
function laneIn({ request }: Comparing, key: string, { account }: Read): Lane {
  return { account: account ?? request.account ?? DEFAULT_ACCOUNT, entity: request.entity, key };
}

/** The record as the relay would take it. */
function contentOf({ target, companyOf }: Comparing, lane: Lane, source: Read): Content {
  const row = { id: 0, ...lane, op: 'upsert', payload: undefined, capturedAt: new Date() };
  return prepareChange(row, target, source, { companyId: companyOf(lane.account) }).content;
}

async function judgeRecords(
  comparing: Comparing,
  snapshot: Executor,
  found: readonly Found[],
): Promise<Judged[]> {
  const lanes = found.map(({ lane }) => lane);
  const standings = await readStandings(snapshot, comparing.database.dialect, lanes);
  const named = found.map((each) =>
    nameRecord(comparing, each, standings.get(laneText(each.lane)) ?? NOTHING),
  );
  const mirrored = await readNamed(comparing, snapshot, named);
  const once = comparing.target.kind === 'once';
  return judgeTwice(comparing, snapshot, named, (each) =>
    judgeRecord({ ...each, once, platform: viewOf(comparing, each.name, each.standing, mirrored) }),
  );
}

const NOTHING: Standing = { open: undefined, binding: undefined };

type Named = {
  readonly lane: Lane;
  readonly standing: Standing;
  /** The row that is compared: under the fields by which the platform knows the record now. */
  readonly name: MirrorName | undefined;
  readonly names: readonly MirrorName[];
};

function nameRecord(
  comparing: Comparing,
  { lane, content }: Found,
  standing: Standing,
): Named & { readonly content: Content } {
  const wanted =
    content.kind === 'record' ? mirrorNameOf(comparing, lane.account, content.json, undefined) : undefined;
  const known = boundName(comparing, lane, standing);
  const names = [known, wanted].filter((each) => each !== undefined);
  return { lane, content, standing, name: known ?? wanted, names };
}

function boundName(comparing: Comparing, lane: Lane, { binding }: Standing): MirrorName | undefined {
  return binding && mirrorNameOf(comparing, lane.account, binding.record ?? '{}', binding.platformId);
}

function readNamed(
  { database, request }: Comparing,
  snapshot: Executor,
  named: readonly Named[],
): Promise<ReadonlyMap<string, Record<string, unknown>>> {
  const names = named.flatMap(({ name }) => name ?? []);
  return readMirrored(snapshot, database.dialect, request.entity, names);
}

/** The history of a record is read only where the first look finds something: most records are the same. */
async function judgeTwice<N extends Named>(
  { database }: Comparing,
  snapshot: Executor,
  named: readonly N[],
  judge: (each: N) => Verdict,
): Promise<Judged[]> {
  const first = named.map((each) => ({ each, verdict: judge(each) }));
  const suspects = first.filter(({ verdict }) => verdict.kind !== 'same').map(({ each }) => each.lane);
  const histories = await readHistories(snapshot, database.dialect, suspects);
  return first.map(({ each, verdict }) => {
    const { lane, names, standing } = each;
    const history = histories.get(laneText(lane));
    const final = history ? judge({ ...each, standing: { ...standing, history } }) : verdict;
    return { lane, names, verdict: final, known: standing.binding?.record };
  });
}

/** Second pass: every record that the ledger takes to be at the platform, against the ERP. */
export async function compareLedger(comparing: Comparing): Promise<void> {
  for (const account of await boundAccounts(comparing)) {
    for (let after: string | undefined; ; ) {
      const keys = await boundKeys(comparing, account, after);
      if (keys.length === 0) break;
      const judged = await readSnapshot(comparing.database, (snapshot) =>
        judgeGone(comparing, snapshot, { account, keys }),
      );
      await writePage(comparing, 'ledger', judged);
      after = keys.at(-1);
    }
  }
}

async function boundAccounts({ database, request }: Comparing): Promise<string[]> {
  if (request.account !== undefined) return [request.account];
  const rows = await database.kysely
    .selectFrom('ctg_binding')
    .select('account')
    .distinct()
    .where('entity', '=', request.entity)
    .execute();
  return rows.map((row) => row.account);
}

async function boundKeys(
  { database, request }: Comparing,
  account: string,
  after: string | undefined,
): Promise<string[]> {
  const query = database.kysely
    .selectFrom('ctg_binding')
    .select('entity_key')
    .where('account', '=', account)
    .where('entity', '=', request.entity)
    .where('present', '=', 1)
    .orderBy('entity_key')
    .limit(PAGE);
  const rows = await (after === undefined ? query : query.where('entity_key', '>', after)).execute();
  return rows.map((row) => row.entity_key);
}

type BoundPage = { readonly account: string; readonly keys: readonly string[] };

async function judgeGone(
  comparing: Comparing,
  snapshot: Executor,
  { account, keys }: BoundPage,
): Promise<Judged[]> {
  const { database, request, map, push, target } = comparing;
  const records = await readApart(snapshot, map, keys);
  const gone = keys.filter((key) => accountNow(comparing, key, records) !== account);
  const lanes = gone.map((key) => ({ account, entity: request.entity, key }));
  const standings = await readStandings(snapshot, database.dialect, lanes);
  const named = lanes.flatMap((lane) => {
    const standing = standings.get(laneText(lane)) ?? NOTHING;
    // Deleted since the page of keys was read.
    if (!standing.binding?.present) return [];
    const name = boundName(comparing, lane, standing);
    const movedTo = accountNow(comparing, lane.key, records);
    return [{ lane, standing, name, names: name ? [name] : [], movedTo }];
  });
  const mirrored = await readNamed(comparing, snapshot, named);
  return judgeTwice(comparing, snapshot, named, ({ standing, name, movedTo }) =>
    judgeVanished({
      standing,
      platform: viewOf(comparing, name, standing, mirrored),
      once: target.kind === 'once',
      deletable: push.deletable,
      movedTo,
      byRecord: movedTo !== undefined || (map.account ?? account) !== account,
    }),
  );
}

/** The account that the ERP has this key in. A key that its database cannot even read belongs to no record. */
function accountNow(
  comparing: Comparing,
  key: string,
  records: ReadonlyMap<string, Read>,
): string | undefined {
  const source = records.get(key);
  if (!source || 'fault' in source) return undefined;
  return source.account ?? comparing.request.account ?? DEFAULT_ACCOUNT;
}

/** Third pass: what the platform lists and nothing of the ERP's belongs to. */
export async function comparePlatform(comparing: Comparing): Promise<void> {
  const { database, request, run } = comparing;
  for (const { account, endedAt } of [...comparing.walks.values()].filter((walk) => walk.complete)) {
    for (let after = ''; ; ) {
      const page = { run: run.id, walkedAt: endedAt, after, limit: PAGE };
      const rows = await unmatchedRows(database.kysely, { account, entity: request.entity }, page);
      const last = rows.at(-1);
      if (!last) break;
      await writePage(
        comparing,
        'platform',
        rows.map(({ identity, record }) => ({
          lane: { account, entity: request.entity, key: '' },
          identity,
          verdict: { kind: 'only_on_platform', changes: fieldChanges(record, {}) },
        })),
      );
      after = last.identity;
    }
  }
}
