import { sql } from 'kysely';
import type { SourceMap } from '../../src/config/source-map.ts';
import type { Database } from '../../src/erp/database.ts';

/** The source map of {@link createGoodsTable}, without `selectAll`: all of it is read by its key. */
export function goodsTableMap(engine: Database['dialect']): SourceMap {
  const quote = engine === 'mysql' ? '`' : '"';
  const columns = `part_no AS entity_key, part_no AS "goodsId", title AS name, oe AS "oeNumber", stock, price`;
  return {
    entity: 'goods',
    table: 'erp_part',
    key: ['part_no'],
    keySeparator: '|',
    select: `SELECT ${columns.replaceAll('"', quote)} FROM erp_part WHERE part_no IN (:keys)`,
    changedSince: { column: 'changed_at' },
  };
}

/** A table of so many parts, `P-00001` and on. */
export async function createGoodsTable({ kysely }: Database, count: number): Promise<void> {
  await sql`CREATE TABLE erp_part (part_no VARCHAR(40) PRIMARY KEY, title VARCHAR(80), oe VARCHAR(40), stock INT,
    price DECIMAL(12,2), changed_at TIMESTAMP NULL)`.execute(kysely);
  for (let start = 1; start <= count; start += 2_000) {
    const length = Math.min(2_000, count - start + 1);
    const rows = Array.from({ length }, (_, at) => partRow(start + at));
    await sql`INSERT INTO erp_part VALUES ${sql.join(rows)}`.execute(kysely);
  }
}

function partRow(number: number) {
  return sql`(${`P-${String(number).padStart(5, '0')}`}, '火花塞', 'OE', 3, 12.50, '2026-01-01 00:00:00')`;
}
