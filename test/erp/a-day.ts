import { sql } from 'kysely';
import { expect } from 'vitest';
import type { SourceMap } from '../../src/config/source-map.ts';
import { installCapture } from '../../src/erp/capture/install.ts';
import { readRecords } from '../../src/erp/records.ts';
import { enqueueKeys, readKeys } from '../../src/ledger/resync.ts';
import type { Setup } from '../support/running-agent.ts';

/** Runs statements of the ERP's, each in a transaction of its own. */
export async function say({ agent }: Setup, ...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(agent.database.kysely);
}

/** Runs statements of the ERP's in one transaction; the last may be `ROLLBACK`. */
export async function sayTogether({ agent }: Setup, ...statements: readonly string[]): Promise<void> {
  const transaction = await agent.database.kysely.startTransaction().execute();
  for (const statement of statements.filter((each) => each !== 'ROLLBACK')) {
    await sql.raw(statement).execute(transaction);
  }
  await (statements.at(-1) === 'ROLLBACK' ? transaction.rollback() : transaction.commit()).execute();
}

/** What the ERP has of an entity, through its source map, by key. */
export async function recordsOf(
  { agent }: Setup,
  entity: SourceMap['entity'],
): Promise<ReadonlyMap<string, Record<string, unknown>>> {
  const map = mapOf(agent.sources, entity);
  const { keys } = await readKeys(agent.database, map, { kind: 'all' }, { after: undefined, limit: 10_000 });
  const records = await readRecords(agent.database.kysely, map, keys);
  return new Map([...records].map(([key, { record }]) => [key, record]));
}

/** Installs the triggers, and hands over what is there already. */
export async function beginDay(setup: Setup): Promise<void> {
  const { database, sources } = setup.agent;
  await installCapture(database, { sources, mandatory: false });
  for (const [entity, map] of sources) {
    for (let after: string | undefined, more = true; more; ) {
      const page = await readKeys(database, map, { kind: 'all' }, { after, limit: 500 });
      await enqueueKeys(database, page, { entity, account: 'default', force: false });
      after = page.next;
      more = after !== undefined;
    }
  }
  await setup.untilSettled();
}

/** The goods as the platform lists them, without those that it lists as sold out for good. */
export function listedGoods({ sandbox }: Setup): Map<string, Record<string, unknown>> {
  return new Map(
    Object.values(sandbox.state().goods).map(({ goods_ID, lastBody }) => [goods_ID, { ...lastBody }]),
  );
}

/** Nothing is owed, nothing was missed, and the platform was told no nonsense. */
export async function expectQuiet({ agent, sandbox }: Setup): Promise<void> {
  const { kysely } = agent.database;
  const open = await kysely
    .selectFrom('ctg_delivery')
    .select(['entity', 'entity_key', 'state', 'reason'])
    .where('open_lane', 'is not', null)
    .execute();
  expect(open).toEqual([]);
  expect(await kysely.selectFrom('ctg_capture_fault').selectAll().execute()).toEqual([]);
  expect(sandbox.state().violations).toEqual([]);
}

function mapOf(sources: Setup['agent']['sources'], entity: SourceMap['entity']): SourceMap {
  const map = sources.get(entity);
  if (!map) throw new Error(`There is no source map for ${entity}.`);
  return map;
}
