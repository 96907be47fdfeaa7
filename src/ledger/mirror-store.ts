import { hash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { type Database, type Dialect, type Executor, now } from '../erp/database.ts';
import { jsonRows } from '../erp/json-rows.ts';

/** Whose list is mirrored: one account's records of one entity. */
export type MirrorList = { readonly account: string; readonly entity: string };

/** A row of the platform's list, as it is kept. */
export type MirrorRow = {
  readonly identity: string;
  readonly platformId: string | undefined;
  /** JSON text. */
  readonly record: string;
  readonly hash: string;
};

/** The right to walk through a list, for a limited time: every page that is written renews it. */
export type WalkClaim = MirrorList & {
  readonly name: string;
  readonly limitMs: number;
  /** When it ends (milliseconds since the epoch, by the database). It only grows, so it numbers the walks as well. */
  held: number;
};

/** Takes the right to walk through a list; undefined while another agent has it. */
export async function claimWalk(
  database: Database,
  list: MirrorList,
  limitMs: number,
): Promise<WalkClaim | undefined> {
  const { dialect } = database;
  const name = claimName(list);
  const held = await database.transact(async (transaction) => {
    await addClaimRow(transaction, dialect, name);
    const taken = await moveClaim(transaction, dialect, { name, limitMs }, sql`value <= ${epoch(dialect)}`);
    return taken;
  });
  return held === undefined ? undefined : { ...list, name, limitMs, held };
}

/** Gives the right back, unless another agent took it over meanwhile. */
export async function releaseWalk({ kysely }: Database, { name, held }: WalkClaim): Promise<void> {
  await kysely
    .updateTable('ctg_clock')
    .set({ value: 0 })
    .where('name', '=', name)
    .where('value', '=', held)
    .execute();
}

/** The identities that the platform held at the end of the last walk. */
export async function presentIdentities(
  { kysely }: Database,
  { account, entity }: MirrorList,
): Promise<Set<string>> {
  const rows = await kysely
    .selectFrom('ctg_mirror')
    .select('identity')
    .where('account', '=', account)
    .where('entity', '=', entity)
    .where('missing_since', 'is', null)
    .execute();
  return new Set(rows.map((row) => row.identity));
}

/** Writes one page of walk number `walk`. False when the claim was lost: then nothing is written. */
export async function writePage(
  database: Database,
  claim: WalkClaim,
  { walk, rows }: { readonly walk: number; readonly rows: readonly MirrorRow[] },
): Promise<boolean> {
  const written = await underClaim(database, claim, async (executor) => {
    await writeRows(executor, database.dialect, { list: claim, walk, rows });
    return true;
  });
  return written === true;
}

/** Notes that every row which walk number `walk` did not meet is missing. Gives how many; undefined: the claim was lost. */
export async function declareMissing(
  database: Database,
  claim: WalkClaim,
  walk: number,
): Promise<number | undefined> {
  const missing = await underClaim(database, claim, (executor) =>
    executor
      .updateTable('ctg_mirror')
      .set({ missing_since: now(database.dialect) })
      .where('account', '=', claim.account)
      .where('entity', '=', claim.entity)
      .where('missing_since', 'is', null)
      .where('walk', '<>', walk)
      .executeTakeFirst(),
  );
  return missing && Number(missing.numUpdatedRows);
}

/** Does `work` in the transaction that renews the claim, so that an agent that lost it writes nothing. */
async function underClaim<T extends object | true>(
  database: Database,
  claim: WalkClaim,
  work: (executor: Executor) => Promise<T>,
): Promise<T | undefined> {
  const { dialect } = database;
  const done = await database.transact(async (transaction) => {
    const held = await moveClaim(transaction, dialect, claim, sql`value = ${claim.held}`);
    return held === undefined ? undefined : { held, result: await work(transaction) };
  });
  // Only now: a transaction that failed and ran again must find the claim as it was.
  if (done) claim.held = done.held;
  return done?.result;
}

/** The name of a list's row in `ctg_clock`, which is shorter than an account and an entity can be. */
function claimName({ account, entity }: MirrorList): string {
  return `mirror-${hash('sha256', JSON.stringify([account, entity]), 'base64url').slice(0, 24)}`;
}

async function addClaimRow(executor: Executor, dialect: Dialect, name: string): Promise<void> {
  const keep =
    dialect === 'postgres' ? sql`ON CONFLICT (name) DO NOTHING` : sql`ON DUPLICATE KEY UPDATE name = name`;
  await sql`INSERT INTO ctg_clock (name, value) VALUES (${name}, 0) ${keep}`.execute(executor);
}

/** Moves the end of a claim ahead where `condition` holds, and gives the new one. The row stays locked. */
async function moveClaim(
  executor: Executor,
  dialect: Dialect,
  { name, limitMs }: Pick<WalkClaim, 'name' | 'limitMs'>,
  condition: RawBuilder<unknown>,
): Promise<number | undefined> {
  const moved = await sql`UPDATE ctg_clock SET value = GREATEST(value + 1, ${epoch(dialect)} + ${limitMs})
    WHERE name = ${name} AND ${condition}`.execute(executor);
  if (Number(moved.numAffectedRows ?? 0) === 0) return undefined;
  const { value } = await executor
    .selectFrom('ctg_clock')
    .select('value')
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  return Number(value);
}

/** The database's milliseconds since the epoch. */
function epoch(dialect: Dialect): RawBuilder<number> {
  return dialect === 'postgres'
    ? sql`floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint`
    : sql`FLOOR(UNIX_TIMESTAMP(SYSDATE(3)) * 1000)`;
}

const COLUMNS = {
  account: 'text',
  entity: 'text',
  identity: 'text',
  platform_id: 'text',
  record: 'text',
  content_hash: 'text',
  walk: 'bigint',
} as const;

type Page = { readonly list: MirrorList; readonly walk: number; readonly rows: readonly MirrorRow[] };

/** One statement for the page; a row that was missing is there again. */
async function writeRows(executor: Executor, dialect: Dialect, { list, walk, rows }: Page): Promise<void> {
  if (rows.length === 0) return;
  const source = rows.map((row) => ({
    account: list.account,
    entity: list.entity,
    identity: row.identity,
    platform_id: row.platformId ?? null,
    record: row.record,
    content_hash: row.hash,
    walk,
  }));
  const names = Object.keys(COLUMNS);
  const columns = sql.join(names.map((name) => sql.ref(name)));
  const values = sql.join(names.map((name) => sql.ref(`v.${name}`)));
  await sql`INSERT INTO ctg_mirror (${columns}, first_seen, last_seen)
    SELECT ${values}, ${now(dialect)}, ${now(dialect)} FROM ${jsonRows(dialect, source, 'v', COLUMNS)}
    ${mergeClause(dialect)}`.execute(executor);
}

function mergeClause(dialect: Dialect): RawBuilder<unknown> {
  const names = ['platform_id', 'record', 'content_hash', 'walk', 'last_seen'];
  const merged = names.map((name) => {
    const column = sql.ref(name);
    return dialect === 'postgres' ? sql`${column} = EXCLUDED.${column}` : sql`${column} = VALUES(${column})`;
  });
  const set = sql`${sql.join(merged)}, missing_since = NULL`;
  return dialect === 'postgres'
    ? sql`ON CONFLICT (account, entity, identity) DO UPDATE SET ${set}`
    : sql`ON DUPLICATE KEY UPDATE ${set}`;
}
