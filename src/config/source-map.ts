import type { Entity } from './entities.ts';

/** A value as YAML and SQL both have it. */
export type Scalar = string | number | boolean | null;

/** One step that turns a column's value into a field's. Steps run in the order they are listed. */
export type Conversion =
  | 'trim'
  | 'unescape-html'
  | 'upper'
  | 'number'
  /** 98.5 (percent of the price) → "98.5" 折, as the document counts it. */
  | { readonly percentToZhe: true }
  /** 0.985 (fraction of the price) → "98.5" 折. */
  | { readonly fractionToZhe: true }
  | { readonly map: Readonly<Record<string, Scalar>> }
  /** Stands in for NULL. */
  | { readonly default: Scalar }
  /** To so many decimals. */
  | { readonly round: number };

/** The statement that reads the lines of a record, such as those of an order. */
export type LinesSource = {
  /** Gives `entity_key` and the line's fields, for `IN (:keys)`. */
  readonly select: string;
  readonly orderBy?: string;
};

/** A further table whose changes are changes of the entity. */
export type WatchedTable = {
  readonly table: string;
  /** Its columns that hold the entity's key; absent, they are named as the entity's own. */
  readonly key?: readonly string[];
  /** A SELECT over `NEW` that finds the entity's keys instead, as `entity_key`, where the table does not hold them. */
  readonly keySelect?: string;
  /** Over `NEW`: rows that do not meet it, before or after a change, concern no record. */
  readonly condition?: string;
  /** The columns that matter: an UPDATE of others is no change. */
  readonly columns?: readonly string[];
};

/** UPDATEs of the ERP's own tables, with `:key`, `:platform_id`, `:status` and the like. */
export type WriteBack = {
  /** Once the platform has taken the record. */
  readonly accepted?: string;
  /** When the record, or a change of it, is rejected. */
  readonly rejected?: string;
  /** At each change of the platform's status. */
  readonly status?: string;
};

/** Where the records of one entity lie in the ERP's database. */
export type SourceMap = {
  readonly entity: Entity;
  /** The account of every record; not together with {@link SourceMap.accountColumn}. */
  readonly account?: string;
  /** The column of {@link SourceMap.select} that names the record's account. */
  readonly accountColumn?: string;
  readonly table?: string;
  /** What the SELECTs and the condition call the table's row; `t` without it. */
  readonly alias?: string;
  /** Which rows of the table are records: not deleted, of the right type, far enough. `:condition` in the SELECTs. */
  readonly condition?: string;
  /** The columns of the table that matter: an UPDATE of others is no change. */
  readonly columns?: readonly string[];
  /** The columns that form the entity's key, joined with {@link SourceMap.keySeparator}. */
  readonly key: readonly string[];
  readonly keySeparator: string;
  /** Gives the record's fields and `entity_key`, for `IN (:keys)`. */
  readonly select: string;
  /** A page of all records: takes `:after` (the last key of the page before) and `:limit`. */
  readonly selectAll?: string;
  readonly changedSince?: { readonly column: string };
  readonly lines?: LinesSource;
  readonly convert?: Readonly<Record<string, readonly Conversion[]>>;
  readonly constants?: Readonly<Record<string, Scalar>>;
  readonly writeBack?: WriteBack;
  readonly watch?: readonly WatchedTable[];
};

/** The source maps by entity; an entity without one comes with its payload. */
export type Sources = ReadonlyMap<Entity, SourceMap>;
