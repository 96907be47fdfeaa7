import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Dialect } from '../../erp/database.ts';

/** An index over columns of which most rows have none, by the column that is then null. */
type Narrow = { readonly name: string; readonly on: string; readonly where: string; readonly unique?: true };

const NARROW: readonly Narrow[] = [
  { name: 'ctg_delivery_open', on: 'ctg_delivery (open_lane)', where: 'open_lane', unique: true },
  { name: 'ctg_delivery_due', on: 'ctg_delivery (due_at)', where: 'due_at' },
  { name: 'ctg_delivery_waits', on: 'ctg_delivery (waits_for)', where: 'waits_for' },
  { name: 'ctg_delivery_key', on: 'ctg_delivery (idempotency_key)', where: 'idempotency_key' },
  { name: 'ctg_delivery_platform', on: 'ctg_delivery (platform_id)', where: 'platform_id' },
  {
    name: 'ctg_binding_platform',
    on: 'ctg_binding (platform_id, account, entity)',
    where: 'platform_id',
    unique: true,
  },
  { name: 'ctg_binding_phone', on: 'ctg_binding (phone)', where: 'phone' },
];

/**
 * PostgreSQL writes a new version of a row for each change of it, and an entry into each of the table's indexes with it.
 * Two means against that: indexes that leave out the rows which nobody looks for in them, and pages with room for the
 * claim of a delivery, which changes no indexed column and then touches no index at all. InnoDB changes rows in place.
 */
export function narrowIndexes(dialect: Dialect): Migration {
  return {
    async up(database: Kysely<unknown>): Promise<void> {
      if (dialect === 'mysql') return;
      for (const { name, on, where, unique } of NARROW) {
        await sql.raw(`DROP INDEX ${name}`).execute(database);
        const kind = unique ? 'UNIQUE INDEX' : 'INDEX';
        await sql.raw(`CREATE ${kind} ${name} ON ${on} WHERE ${where} IS NOT NULL`).execute(database);
      }
      await sql.raw('ALTER TABLE ctg_delivery SET (fillfactor = 50)').execute(database);
    },
  };
}
