import type { SourceMap, Sources, WatchedTable } from '../../config/source-map.ts';
import { type CatalogTable, columnOf, findTable } from '../catalog.ts';
import type { Dialect, Executor } from '../database.ts';

/** How the keys of the records that a row concerns are found. */
export type RowKeys =
  | { readonly kind: 'columns'; readonly columns: readonly string[]; readonly separator: string }
  /** A SELECT over `NEW`. */
  | { readonly kind: 'select'; readonly select: string };

/** The rows of one table whose changes are changes of an entity's records. */
export type WatchedRows = {
  readonly entity: string;
  readonly account: string;
  readonly table: CatalogTable;
  readonly keys: RowKeys;
  readonly condition: { readonly row: string; readonly text: string } | undefined;
  /** Empty: every column matters. */
  readonly columns: readonly string[];
};

/** What a source map asks to be captured, and why something cannot be. */
export type WatchPlan = { readonly rows: readonly WatchedRows[]; readonly skipped: readonly Skipped[] };

/** An entity whose changes cannot be captured. */
export type Skipped = { readonly entity: string; readonly reason: string };

/** Reads the tables that the source maps name. Throws, with the entity, when a table or a column is not there. */
export async function planWatch(executor: Executor, dialect: Dialect, sources: Sources): Promise<WatchPlan> {
  const rows: WatchedRows[] = [];
  const skipped: Skipped[] = [];
  for (const [entity, map] of sources) {
    if (map.table === undefined) {
      skipped.push({ entity, reason: 'its source map has no "table"; its changes come through the outbox' });
      continue;
    }
    try {
      rows.push(await mainRows(executor, dialect, map, map.table));
      for (const watch of map.watch ?? []) rows.push(await furtherRows(executor, dialect, map, watch));
    } catch (cause) {
      throw new Error(`${entity}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
  return { rows, skipped };
}

async function mainRows(
  executor: Executor,
  dialect: Dialect,
  map: SourceMap,
  name: string,
): Promise<WatchedRows> {
  const table = await findTable(executor, dialect, name);
  return {
    ...ownerOf(map),
    table,
    keys: columnKeys(table, map.key, map.keySeparator),
    condition: map.condition === undefined ? undefined : { row: map.alias ?? 't', text: map.condition },
    columns: (map.columns ?? []).map((column) => columnOf(table, column)),
  };
}

async function furtherRows(
  executor: Executor,
  dialect: Dialect,
  map: SourceMap,
  watch: WatchedTable,
): Promise<WatchedRows> {
  const table = await findTable(executor, dialect, watch.table);
  return {
    ...ownerOf(map),
    table,
    keys:
      watch.keySelect === undefined
        ? columnKeys(table, watch.key ?? map.key, map.keySeparator)
        : { kind: 'select', select: watch.keySelect },
    condition: watch.condition === undefined ? undefined : { row: 'NEW', text: watch.condition },
    columns: (watch.columns ?? []).map((column) => columnOf(table, column)),
  };
}

function ownerOf({ entity, account = 'default' }: SourceMap) {
  return { entity, account };
}

function columnKeys(table: CatalogTable, columns: readonly string[], separator: string): RowKeys {
  return { kind: 'columns', columns: columns.map((column) => columnOf(table, column)), separator };
}
