import { type RawBuilder, sql } from 'kysely';
import type { Entity } from '../../src/config/entities.ts';
import type { SourceMap, Sources } from '../../src/config/source-map.ts';
import type { Database } from '../../src/erp/database.ts';
import type { Store } from './stores.ts';

/** Columns of an ERP's table, by the record's field; the key is the first one. */
type Columns = Readonly<Record<string, string>>;

const TABLES: Readonly<Partial<Record<Entity, { readonly table: string; readonly columns: Columns }>>> = {
  goods: {
    table: 'erp_part',
    columns: { goodsId: 'part_no', name: 'title', oeNumber: 'oe', stock: 'stock', price: 'price' },
  },
  customer: { table: 'erp_customer', columns: { name: 'title', phone: 'phone', address: 'street' } },
  customer_relation: {
    table: 'erp_relation',
    columns: { enterpriseId: 'own', targetEnterpriseId: 'target', relationId: 'relation' },
  },
  customer_discount: {
    table: 'erp_discount',
    columns: { enterpriseId: 'own', relationId: 'relation', goodsId: 'goods', discount: 'discount' },
  },
  shipment: {
    table: 'erp_shipment',
    columns: {
      orderKey: 'order_no',
      logisticsId: 'carrier_id',
      logisticsName: 'carrier',
      logisticsOrder: 'waybill',
    },
  },
};

const quoteOf = (store: Store): string => (store.name.includes('MariaDB') ? '`' : '"');

/** Source maps over the tables of {@link createErpTables}; `selectAll` gives the key and the account alone. */
export function erpSources(store: Store): Sources {
  const quote = quoteOf(store);
  const maps = Object.entries(TABLES).map(([entity, { table, columns }]) => {
    const list = Object.entries(columns).map(([field, column]) => `${column} AS ${quote}${field}${quote}`);
    return sourceMap(entity as Entity, table, list.join(', '));
  });
  return new Map([...maps, orderMap(quote)].map((map) => [map.entity, map]));
}

function sourceMap(entity: Entity, table: string, list: string): SourceMap {
  const pages = `FROM ${table} WHERE listed = 1 AND id > :after ORDER BY id LIMIT :limit`;
  return {
    entity,
    accountColumn: 'account',
    table,
    key: ['id'],
    keySeparator: '|',
    select: `SELECT id AS entity_key, account, ${list} FROM ${table} WHERE listed = 1 AND id IN (:keys)`,
    selectAll: `SELECT id AS entity_key, account ${pages}`,
  };
}

function orderMap(quote: string): SourceMap {
  const q = (name: string): string => `${quote}${name}${quote}`;
  return {
    ...sourceMap('order', 'erp_order', `company AS ${q('companyId')}`),
    lines: {
      select: `SELECT id AS entity_key, goods AS ${q('goodsId')}, seller AS ${q('sellerId')},
        seller AS ${q('sellerCompanyName')}, goods AS ${q('goodsName')}, price, amount,
        price * amount AS ${q('totalPrice')} FROM erp_order WHERE id IN (:keys)`,
    },
  };
}

const COMMON = sql`id VARCHAR(40) PRIMARY KEY, account VARCHAR(40) DEFAULT 'default', listed INT DEFAULT 1`;

/** Creates an ERP's tables: one for each entity of {@link erpSources}. */
export async function createErpTables({ kysely }: Database): Promise<void> {
  const text = (...names: string[]): RawBuilder<unknown> =>
    sql.join(names.map((name) => sql`${sql.ref(name)} VARCHAR(80)`));
  const tables: Readonly<Record<string, RawBuilder<unknown>>> = {
    erp_part: sql`${text('part_no', 'title', 'oe', 'price')}, stock INT`,
    erp_customer: text('title', 'phone', 'street'),
    erp_relation: text('own', 'target', 'relation'),
    erp_discount: text('own', 'relation', 'goods', 'discount'),
    erp_shipment: text('order_no', 'carrier_id', 'carrier', 'waybill'),
    erp_order: sql`${text('company', 'goods', 'seller')}, price INT, amount INT`,
  };
  for (const [name, columns] of Object.entries(tables)) {
    await sql`CREATE TABLE ${sql.table(name)} (${COMMON}, ${columns})`.execute(kysely);
  }
}

/** Inserts rows into one of the ERP's tables, and tells nobody. */
export async function insertErp(
  { kysely }: Database,
  table: string,
  ...rows: readonly Readonly<Record<string, unknown>>[]
): Promise<void> {
  const columns = sql.join(Object.keys(rows[0] ?? {}).map((name) => sql.ref(name)));
  for (let start = 0; start < rows.length; start += 500) {
    const values = rows.slice(start, start + 500).map((row) => sql`(${sql.join(Object.values(row))})`);
    await sql`INSERT INTO ${sql.table(table)} (${columns}) VALUES ${sql.join(values)}`.execute(kysely);
  }
}

/** A part of the ERP. */
export function part(id: string, fields: Readonly<Record<string, unknown>> = {}) {
  return { id, part_no: id, title: '火花塞', oe: 'OE-1', price: '12.50', stock: 3, ...fields };
}
