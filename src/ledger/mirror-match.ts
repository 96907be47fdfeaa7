import { sql } from 'kysely';
import { type Database, type Dialect, type Executor, now } from '../erp/database.ts';
import { jsonRows } from '../erp/json-rows.ts';
import { fieldsOf } from './field-changes.ts';
import type { MirrorList } from './mirror-store.ts';

/** Names one row of the platform's lists. */
export type MirrorName = { readonly account: string; readonly identity: string };

/** One text for a name. */
export function mirrorNameText({ account, identity }: MirrorName): string {
  return `${account}|${identity}`;
}

/** The database's present time: what was settled from here on may be newer than a list whose reading starts now. */
export async function databaseTime({ kysely, dialect }: Database): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`SELECT ${now(dialect)} AS now`.execute(kysely);
  return new Date(rows[0]?.now ?? 0);
}

/** The records that the platform lists under these names, by name text. */
export async function readMirrored(
  executor: Executor,
  dialect: Dialect,
  entity: string,
  names: readonly MirrorName[],
): Promise<ReadonlyMap<string, Record<string, unknown>>> {
  if (names.length === 0) return new Map();
  const source = jsonRows(dialect, names, 'v', { account: 'text', identity: 'text' });
  const { rows } = await sql<{ account: string; identity: string; record: string }>`
    SELECT m.account, m.identity, m.record FROM ctg_mirror m JOIN ${source}
    ON m.account = v.account AND m.identity = v.identity
    WHERE m.entity = ${entity} AND m.missing_since IS NULL`.execute(executor);
  return new Map(rows.map((row) => [mirrorNameText(row), fieldsOf(row.record)]));
}

/** Notes that these rows belong to records of the ERP's. */
export async function markMatched(
  executor: Executor,
  dialect: Dialect,
  {
    entity,
    run,
    names,
  }: { readonly entity: string; readonly run: number; readonly names: readonly MirrorName[] },
): Promise<void> {
  if (names.length === 0) return;
  const source = jsonRows(dialect, names, 'v', { account: 'text', identity: 'text' });
  const condition = sql`m.account = v.account AND m.identity = v.identity AND m.entity = ${entity}`;
  await (dialect === 'postgres'
    ? sql`UPDATE ctg_mirror m SET matched_by = ${run} FROM ${source} WHERE ${condition}`
    : sql`UPDATE ctg_mirror m JOIN ${source} ON ${condition} SET m.matched_by = ${run}`
  ).execute(executor);
}

/** A row that no record of the ERP's belongs to. */
export type UnmatchedRow = {
  readonly identity: string;
  readonly platformId: string | undefined;
  readonly record: Readonly<Record<string, unknown>>;
};

/**
 * The next rows of a list, by identity, that run `run` did not match. What a later walk found first is left out: it may
 * be a record's that was sent since.
 */
export async function unmatchedRows(
  executor: Executor,
  { account, entity }: MirrorList,
  page: { readonly run: number; readonly walkedAt: Date; readonly after: string; readonly limit: number },
): Promise<UnmatchedRow[]> {
  const rows = await executor
    .selectFrom('ctg_mirror as m')
    .select(['m.identity', 'm.platform_id', 'm.record'])
    .where('m.account', '=', account)
    .where('m.entity', '=', entity)
    .where('m.missing_since', 'is', null)
    .where('m.first_seen', '<=', page.walkedAt)
    .where((where) => where.or([where('m.matched_by', 'is', null), where('m.matched_by', '<>', page.run)]))
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('ctg_binding as b')
            .select('b.entity_key')
            .whereRef('b.account', '=', 'm.account')
            .whereRef('b.entity', '=', 'm.entity')
            .whereRef('b.platform_id', '=', 'm.platform_id'),
        ),
      ),
    )
    .where('m.identity', '>', page.after)
    .orderBy('m.identity')
    .limit(page.limit)
    .execute();
  return rows.map(({ identity, platform_id, record }) => ({
    identity,
    platformId: platform_id ?? undefined,
    record: fieldsOf(record),
  }));
}
