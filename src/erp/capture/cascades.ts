import { sql } from 'kysely';
import type { CatalogTable } from '../catalog.ts';
import type { Executor } from '../database.ts';
import type { WatchedRows } from './watched-rows.ts';

/** One foreign key: the columns of the child, and those of the parent that they point to. */
export type Link = {
  readonly child: CatalogTable;
  readonly columns: readonly { readonly child: string; readonly parent: string }[];
};

/**
 * A change of a parent's row that changes watched rows through foreign keys. InnoDB does that below the triggers: those
 * of the watched table do not run (MariaDB and MySQL alike).
 */
export type Cascade = {
  readonly rows: WatchedRows;
  /** The table whose row the ERP deletes or changes. */
  readonly parent: CatalogTable;
  readonly event: 'delete' | 'update';
  readonly rule: string;
  /** From the parent down to the watched table. */
  readonly links: readonly Link[];
};

/** A cascade that no trigger can follow. */
export type UncoveredCascade = {
  readonly entity: string;
  readonly table: string;
  readonly parent: string;
  readonly reason: string;
};

/** What {@link findCascades} gives. */
export type Cascades = {
  readonly covered: readonly Cascade[];
  readonly uncovered: readonly UncoveredCascade[];
};

type ForeignKey = Link & {
  readonly parent: CatalogTable;
  readonly onDelete: string;
  readonly onUpdate: string;
};

/** A chain of foreign keys is followed so far up; a longer one is unheard of. */
const LONGEST_CHAIN = 6;

/** Finds the foreign keys that change watched rows by themselves, in a MySQL or MariaDB database. */
export async function findCascades(executor: Executor, watched: readonly WatchedRows[]): Promise<Cascades> {
  const keys = await readForeignKeys(executor);
  const covered: Cascade[] = [];
  const uncovered: UncoveredCascade[] = [];
  for (const rows of watched) {
    for (const cascade of [...deletions(rows, keys), ...updates(rows, keys)]) {
      const reason = whyNot(cascade);
      if (reason === undefined) covered.push(cascade);
      else
        uncovered.push({ entity: rows.entity, table: rows.table.name, parent: cascade.parent.name, reason });
    }
  }
  return { covered, uncovered };
}

/** A row goes, or loses its link, when the parent's row is deleted; that one may itself go with its own parent's. */
function deletions(rows: WatchedRows, keys: readonly ForeignKey[]): Cascade[] {
  const found: Cascade[] = [];
  const climb = (table: CatalogTable, links: readonly Link[], rule: string | undefined): void => {
    for (const key of keys.filter((each) => isSame(each.child, table) && changes(each.onDelete))) {
      // Above the watched table only a row that goes takes others with it; one that loses its link does not.
      if (rule !== undefined && key.onDelete !== 'CASCADE') continue;
      const chain = [{ child: key.child, columns: key.columns }, ...links];
      const cascade = {
        rows,
        parent: key.parent,
        event: 'delete',
        rule: rule ?? key.onDelete,
        links: chain,
      } as const;
      found.push(cascade);
      const again = isSame(key.parent, rows.table) || chain.some(({ child }) => isSame(child, key.parent));
      if (!again && chain.length < LONGEST_CHAIN) climb(key.parent, chain, cascade.rule);
    }
  };
  climb(rows.table, [], undefined);
  return found;
}

function updates(rows: WatchedRows, keys: readonly ForeignKey[]): Cascade[] {
  return keys
    .filter((key) => isSame(key.child, rows.table) && changes(key.onUpdate))
    .map((key) => ({
      rows,
      parent: key.parent,
      event: 'update',
      rule: key.onUpdate,
      links: [{ child: key.child, columns: key.columns }],
    }));
}

function changes(rule: string): boolean {
  return rule === 'CASCADE' || rule === 'SET NULL';
}

function whyNot({ rows, parent, links }: Cascade): string | undefined {
  if (links.some(({ child }) => isSame(child, parent))) return 'the table refers to itself';
  return rows.keys.kind === 'select' ? 'its keys are found by a SELECT (keySelect)' : undefined;
}

function isSame(one: CatalogTable, other: CatalogTable): boolean {
  return one.schema === other.schema && one.name === other.name;
}

type KeyRow = {
  constraint_schema: string;
  constraint_name: string;
  child_schema: string;
  child: string;
  child_column: string;
  parent_schema: string;
  parent: string;
  parent_column: string;
  on_delete: string;
  on_update: string;
};

async function readForeignKeys(executor: Executor): Promise<ForeignKey[]> {
  const { rows } = await sql<KeyRow>`
    SELECT r.CONSTRAINT_SCHEMA AS constraint_schema, r.CONSTRAINT_NAME AS constraint_name,
      u.TABLE_SCHEMA AS child_schema, u.TABLE_NAME AS child, u.COLUMN_NAME AS child_column,
      u.REFERENCED_TABLE_SCHEMA AS parent_schema, u.REFERENCED_TABLE_NAME AS parent,
      u.REFERENCED_COLUMN_NAME AS parent_column, r.DELETE_RULE AS on_delete, r.UPDATE_RULE AS on_update
    FROM information_schema.REFERENTIAL_CONSTRAINTS r
    JOIN information_schema.KEY_COLUMN_USAGE u ON u.CONSTRAINT_SCHEMA = r.CONSTRAINT_SCHEMA
      AND u.CONSTRAINT_NAME = r.CONSTRAINT_NAME AND u.TABLE_NAME = r.TABLE_NAME
    WHERE r.CONSTRAINT_SCHEMA NOT IN ('mysql', 'sys') ORDER BY u.TABLE_NAME, r.CONSTRAINT_NAME, u.ORDINAL_POSITION`.execute(
    executor,
  );
  const keys = Map.groupBy(rows, (row) => `${row.child_schema}.${row.child}.${row.constraint_name}`);
  return [...keys.values()].flatMap((columns) => {
    const [first] = columns;
    return first === undefined ? [] : [foreignKey(first, columns)];
  });
}

function foreignKey(first: KeyRow, columns: readonly KeyRow[]): ForeignKey {
  return {
    child: { schema: first.child_schema, name: first.child, kind: 'table', columns: [] },
    parent: { schema: first.parent_schema, name: first.parent, kind: 'table', columns: [] },
    columns: columns.map((row) => ({ child: row.child_column, parent: row.parent_column })),
    onDelete: first.on_delete,
    onUpdate: first.on_update,
  };
}
