import type { CatalogTable } from '../catalog.ts';
import { renameRow } from './row-text.ts';
import {
  type CaptureTarget,
  literal,
  type TriggerEvent,
  triggerName,
  type WantedTrigger,
} from './trigger.ts';
import type { RowKeys, WatchedRows } from './watched-rows.ts';

type Row = 'NEW' | 'OLD';

type ColumnKeys = Extract<RowKeys, { kind: 'columns' }>;

/**
 * The triggers of some watched rows. MySQL and MariaDB have only triggers of each row: a change of a thousand rows
 * writes a thousand outbox rows, which the relay takes together.
 */
export function mysqlTriggers(rows: WatchedRows, target: CaptureTarget): WantedTrigger[] {
  const make = (event: TriggerEvent, purpose: string, inserts: readonly string[]): WantedTrigger =>
    mysqlTrigger({ rows, target, table: rows.table, event, moment: 'AFTER', purpose, inserts });
  return [
    make('insert', 'new rows', [when(conditionOf(rows, 'NEW'), insertFor(rows, target, ['NEW']))]),
    make('update', 'changed rows', updateInserts(rows, target)),
    make('delete', 'deleted rows', [when(conditionOf(rows, 'OLD'), insertFor(rows, target, ['OLD']))]),
  ];
}

/** What a trigger is made of. */
export type TriggerParts = {
  readonly rows: WatchedRows;
  readonly target: CaptureTarget;
  readonly table: CatalogTable;
  readonly event: TriggerEvent;
  readonly moment: 'BEFORE' | 'AFTER';
  readonly purpose: string;
  readonly inserts: readonly string[];
};

/** A trigger with its guards. What the agent itself writes back is no change of the ERP's: its session says so. */
export function mysqlTrigger({
  rows,
  target,
  table,
  event,
  moment,
  purpose,
  inserts,
}: TriggerParts): WantedTrigger {
  const work = `  IF @ctg_write_back IS NULL THEN
    ${inserts.join('\n    ')}
  END IF;`;
  const body = target.mandatory ? work : `${faultHandler(target)}\n${work}`;
  const fires = `${moment} ${event.toUpperCase()} ON ${nameOf(table)} FOR EACH ROW`;
  const name = triggerName(rows.entity, [fires, body].join('\n'));
  return {
    name,
    entity: rows.entity,
    table,
    event,
    purpose,
    create: [
      `CREATE TRIGGER ${quote(table.schema)}.${quote(name)} ${fires}
BEGIN
  /* ctg-sync: ${rows.entity} */
${body.replaceAll('{name}', name)}
END`,
    ],
  };
}

/** A fault never fails the ERP's own statement. It is kept, so that what was missed can be found. */
function faultHandler({ schema }: CaptureTarget): string {
  return `  DECLARE EXIT HANDLER FOR SQLEXCEPTION
  BEGIN
    DECLARE ctg_message TEXT;
    DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;
    GET DIAGNOSTICS CONDITION 1 ctg_message = MESSAGE_TEXT;
    INSERT INTO ${quote(schema)}.ctg_capture_fault (capture, message)
      VALUES ('{name}', COALESCE(LEFT(ctg_message, 1000), ''));
  END;`;
}

function updateInserts(rows: WatchedRows, target: CaptureTarget): string[] {
  const guard = [conditionOfEither(rows), changeOf(rows)].filter((each) => each !== undefined).join(' AND ');
  const inserts =
    rows.keys.kind === 'select'
      ? [insertFor(rows, target, ['NEW', 'OLD'])]
      : [
          insertFor(rows, target, ['NEW']),
          when(
            `NOT (${keyText(rows.keys, 'NEW')} <=> ${keyText(rows.keys, 'OLD')})`,
            insertFor(rows, target, ['OLD']),
          ),
        ];
  return [when(guard || undefined, inserts.join('\n    '))];
}

/** An IF rather than a WHERE: what concerns no record then costs a comparison, not a statement. */
function when(guard: string | undefined, statements: string): string {
  return guard === undefined ? statements : `IF ${guard} THEN\n    ${statements}\n    END IF;`;
}

function conditionOf({ condition }: WatchedRows, row: Row): string | undefined {
  return condition && `(${renameRow(condition.text, condition.row, row)})`;
}

function conditionOfEither(rows: WatchedRows): string | undefined {
  const after = conditionOf(rows, 'NEW');
  return after && `(${after} OR ${conditionOf(rows, 'OLD')})`;
}

/** Whether anything that matters differs; undefined where everything matters. */
function changeOf(rows: WatchedRows): string | undefined {
  if (rows.columns.length === 0) return undefined;
  const keyColumns = rows.keys.kind === 'columns' ? rows.keys.columns : [];
  const same = [...new Set([...keyColumns, ...rows.columns])].map(
    (column) => `NEW.${quote(column)} <=> OLD.${quote(column)}`,
  );
  const after = conditionOf(rows, 'NEW');
  if (after !== undefined) same.push(`${after} <=> ${conditionOf(rows, 'OLD')}`);
  return `NOT (${same.join(' AND ')})`;
}

function insertFor(rows: WatchedRows, target: CaptureTarget, sides: readonly Row[]): string {
  const { keys } = rows;
  if (keys.kind === 'columns')
    return sides.map((side) => insertKey(rows, target, keyText(keys, side))).join('\n    ');
  const found = sides.map(
    (side) =>
      `SELECT CAST(entity_key AS CHAR CHARACTER SET utf8mb4) AS entity_key FROM (\n${selectOver(keys.select, side)}\n    ) AS ctg_${side}`,
  );
  return `${insertInto(target)} SELECT DISTINCT ${ownerOf(rows)}, ctg_key.entity_key FROM (
    ${found.join('\n    UNION ')}) AS ctg_key WHERE ctg_key.entity_key <> '';`;
}

function insertKey(rows: WatchedRows, target: CaptureTarget, key: string): string {
  return when(`${key} <> ''`, `${insertInto(target)} VALUES (${ownerOf(rows)}, ${key});`);
}

function selectOver(select: string, side: Row): string {
  return renameRow(renameRow(select, 'NEW', side), 'OLD', side);
}

/** The beginning of every statement that writes the outbox. */
export function insertInto({ schema }: CaptureTarget): string {
  return `INSERT INTO ${quote(schema)}.ctg_outbox (account, entity, entity_key)`;
}

/** Account and entity, as values. */
export function ownerOf({ account, entity }: WatchedRows): string {
  return `${literal(account)}, ${literal(entity)}`;
}

/** The key's text over a row; `other` stands in for columns that have another value there. */
export function keyText(
  keys: ColumnKeys,
  row: string,
  other: ReadonlyMap<string, string> = new Map(),
): string {
  const values = keys.columns.map((column) => other.get(column) ?? `${row}.${quote(column)}`);
  const [only, ...more] = values.map((value) => `CAST(${value} AS CHAR CHARACTER SET utf8mb4)`);
  if (only !== undefined && more.length === 0) return only;
  const parts = [only, ...more].map((text) => `COALESCE(${text}, '')`);
  return `CONCAT(${parts.join(`, ${literal(keys.separator)}, `)})`;
}

function nameOf({ schema, name }: CatalogTable): string {
  return `${quote(schema)}.${quote(name)}`;
}

/** A name as MySQL quotes it. */
export function quote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
