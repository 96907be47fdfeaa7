import { beforeEach, describe, expect, it } from 'vitest';
import { type OutboxEntry, writeOutbox } from '../../src/erp/outbox.ts';
import { createLooksPast } from '../../src/jobs/looks-past.ts';
import { takeChanges } from '../../src/jobs/take-changes.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { describeOnEachDatabase } from '../erp/databases.ts';

const EVERYTHING = { onlyEntities: undefined, unreadableEntities: [], refusedAccounts: [] };
const LIMIT = 40;

describeOnEachDatabase('a batch of changes', (erp) => {
  let looks = createLooksPast();
  beforeEach(async () => {
    looks = createLooksPast();
    await migrate(erp.database());
    await erp.run('DELETE FROM ctg_outbox');
  });
  const write = (keys: readonly string[]): Promise<void> =>
    writeOutbox(
      erp.database().kysely,
      keys.map((key, index) => ({
        account: 'default',
        entity: 'goods',
        key,
        op: 'upsert',
        payload: { n: index },
      })),
    );
  const take = async (limit = LIMIT, only: readonly string[] | undefined = undefined) => {
    const { dialect } = erp.database();
    const filter = { ...EVERYTHING, onlyEntities: only };
    return erp.database().transact((transaction) => takeChanges(transaction, dialect, limit, filter, looks));
  };
  const others = (count: number): string[] => Array.from({ length: count }, (_, index) => `G-${index}`);
  const hot = (count: number): string[] => Array.from({ length: count }, () => 'HOT');

  it('has those that wait behind a record with many changes, and leaves the rest of those', async () => {
    await write([...hot(300), ...others(80)]);
    for (const only of [undefined, ['customer', 'goods']]) {
      const rows = await take(LIMIT, only);
      expect(rows.filter(({ key }) => key === 'HOT')).toHaveLength(LIMIT);
      expect(rows).toHaveLength(2 * LIMIT);
    }
    expect((await take()).map(({ key }) => key)).toEqual(hot(220));
  });

  it('keeps the order of each record, also where its key has blanks around it', async () => {
    await write([...hot(100), ' HOT ', ...others(30), 'HOT', ...others(30)]);
    const seen: { key: string; n: unknown }[] = [];
    for (let rows = await take(); rows.length > 0; rows = await take()) {
      seen.push(...rows.map(({ key, payload }) => ({ key, n: Object(payload).n })));
    }
    expect(seen).toHaveLength(162);
    for (const [key, changes] of Map.groupBy(seen, (row) => row.key)) {
      const order = changes.map(({ n }) => Number(n));
      expect(order, key).toEqual(order.toSorted((one, other) => one - other));
    }
    expect(seen.filter(({ key }) => key === 'HOT')).toHaveLength(102);
  });

  it('gives every change that says more than a state, in order', async () => {
    const { kysely } = erp.database();
    const change = { account: 'default', entity: 'goods', op: 'upsert' as const };
    const read: OutboxEntry[] = [
      { ...change, key: 'READ', payload: { n: 1 } },
      { ...change, key: 'READ' },
      { ...change, key: 'READ', payload: { n: 3 } },
    ];
    const gone: OutboxEntry[] = [
      { ...change, key: 'GONE', payload: { n: 1 } },
      { ...change, key: 'GONE', op: 'delete' as const },
      { ...change, key: 'GONE', payload: { n: 3 } },
    ];
    const placed = [1, 2].map((n) => ({ ...change, entity: 'order', key: 'SO-1', payload: { n } }));
    await write(hot(100));
    await writeOutbox(kysely, [...read, ...gone, ...placed]);
    await write(hot(60));
    looks.found(false);
    const rows = await take(50);
    expect(rows).toHaveLength(168);
    const saidOf = (changes: readonly { op: string; payload?: unknown }[]) =>
      changes.map(({ op, payload }) => [op, payload && Object(payload).n]);
    const said = (key: string) => saidOf(rows.filter((row) => row.key === key));
    expect(said('READ')).toEqual(saidOf(read));
    expect(said('GONE')).toEqual(saidOf(gone));
    expect(said('SO-1')).toEqual(saidOf(placed));
    expect(said('HOT').at(-1)).toEqual(['upsert', 59]);
  });

  it('is larger where nothing else is there', async () => {
    await write(hot(1000));
    expect(await take()).toHaveLength(10 * LIMIT);
  });
});

describe('looks past busy records', () => {
  it('are repeated at once while they find enough, and later and later while they do not', () => {
    const looks = createLooksPast();
    const due = (): number => {
      let asked = 1;
      while (!looks.isDue()) asked += 1;
      return asked;
    };
    expect(due()).toBe(1);
    looks.found(true);
    expect(due()).toBe(1);
    const waits = Array.from({ length: 8 }, () => {
      looks.found(false);
      return due();
    });
    expect(waits).toEqual([2, 3, 5, 9, 17, 33, 65, 65]);
    looks.found(true);
    expect(due()).toBe(1);
  });
});
