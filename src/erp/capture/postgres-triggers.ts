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

/** The rows of a change, as the trigger function sees them. */
type Side = { readonly rows: string; readonly when: 'before' | 'after' };

const PURPOSES: Readonly<Record<TriggerEvent, string>> = {
  insert: 'new rows',
  update: 'changed rows',
  delete: 'deleted rows',
  truncate: 'rows that TRUNCATE takes away',
};

/**
 * The triggers of some watched rows. Each works once a statement, over all of its rows, and writes one outbox row for
 * each key: a change of thousands of rows costs two statements. A partitioned table's rows may be changed in a
 * partition by name, which only triggers of each row see.
 */
export function postgresTriggers(rows: WatchedRows, target: CaptureTarget): WantedTrigger[] {
  const eachRow = rows.table.kind === 'partitioned';
  const before: Side = { rows: eachRow ? '(SELECT OLD.*)' : 'ctg_old', when: 'before' };
  const after: Side = { rows: eachRow ? '(SELECT NEW.*)' : 'ctg_new', when: 'after' };
  const whole: Side = { rows: nameOf(rows.table), when: 'before' };
  return [
    trigger(rows, target, 'insert', keysOf(rows, after)),
    trigger(rows, target, 'update', changedKeys(rows, before, after)),
    trigger(rows, target, 'delete', keysOf(rows, before)),
    trigger(rows, target, 'truncate', keysOf(rows, whole)),
  ];
}

function trigger(rows: WatchedRows, target: CaptureTarget, event: TriggerEvent, keys: string): WantedTrigger {
  const { entity, table } = rows;
  const body = functionBody(rows, target, keys);
  const fires = firing(event, table.kind === 'partitioned' && event !== 'truncate');
  const path = [...target.searchPath, 'pg_temp'].map(quote).join(', ');
  const name = triggerName(entity, [nameOf(table), fires, path, body].join('\n'));
  const procedure = `${quote(target.schema)}.${quote(name)}`;
  return {
    name,
    entity,
    table,
    event,
    purpose: PURPOSES[event],
    create: [
      `CREATE FUNCTION ${procedure}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${path} AS $ctg_sync$
${body.replaceAll('{name}', name)}
$ctg_sync$`,
      // It runs with the rights of who made it; nobody else has a reason to call it.
      `REVOKE ALL ON FUNCTION ${procedure}() FROM PUBLIC`,
      `COMMENT ON FUNCTION ${procedure}() IS ${literal(`ctg-sync: ${entity}, ${PURPOSES[event]} of ${table.name}`)}`,
      `CREATE TRIGGER ${quote(name)} ${fires.replace('{table}', nameOf(table))} EXECUTE FUNCTION ${procedure}()`,
    ],
  };
}

const TRANSITIONS: Readonly<Record<TriggerEvent, string>> = {
  insert: ' REFERENCING NEW TABLE AS ctg_new',
  update: ' REFERENCING OLD TABLE AS ctg_old NEW TABLE AS ctg_new',
  delete: ' REFERENCING OLD TABLE AS ctg_old',
  truncate: '',
};

function firing(event: TriggerEvent, eachRow: boolean): string {
  const moment = event === 'truncate' ? 'BEFORE' : 'AFTER';
  const unit = eachRow ? ' FOR EACH ROW' : `${TRANSITIONS[event]} FOR EACH STATEMENT`;
  return `${moment} ${event.toUpperCase()} ON {table}${unit}`;
}

/** What the agent itself writes back is no change of the ERP's. */
function functionBody({ entity, account }: WatchedRows, target: CaptureTarget, keys: string): string {
  const schema = quote(target.schema);
  const write = `  INSERT INTO ${schema}.ctg_outbox (account, entity, entity_key)
  SELECT DISTINCT ${literal(account)}, ${literal(entity)}, ctg_keys.entity_key FROM (
${keys}
  ) AS ctg_keys WHERE ctg_keys.entity_key <> '';`;
  return `#variable_conflict use_column
BEGIN
  IF current_setting('ctg.write_back', true) = 'on' THEN RETURN NULL; END IF;
${target.mandatory ? write : guarded(write, schema)}
  RETURN NULL;
END`;
}

/** A fault never fails the ERP's own statement. It is kept, so that what was missed can be found. */
function guarded(write: string, schema: string): string {
  return `  BEGIN
${write}
  EXCEPTION WHEN OTHERS THEN
    DECLARE ctg_message text := left(SQLERRM, 1000);
    BEGIN
      INSERT INTO ${schema}.ctg_capture_fault (capture, message) VALUES ('{name}', ctg_message);
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'ctg-sync: a change was not captured ({name}): %', ctg_message;
    END;
  END;`;
}

/**
 * The keys of rows before and after an update. Where only some columns matter, they are those of the rows that are not
 * there, as they are, on both sides.
 */
function changedKeys(rows: WatchedRows, before: Side, after: Side): string {
  if (rows.columns.length === 0) return `${keysOf(rows, after)}\n    UNION\n${keysOf(rows, before)}`;
  const old = keysOf(rows, before);
  const fresh = keysOf(rows, after);
  return `    (${fresh}\n    EXCEPT ALL\n${old})\n    UNION ALL\n    (${old}\n    EXCEPT ALL\n${fresh})`;
}

function keysOf({ keys, condition, columns }: WatchedRows, { rows }: Side): string {
  const found = columns.map((column) => `, ctg_row.${quote(column)}::text`).join('');
  const where =
    condition === undefined ? '' : ` WHERE (${renameRow(condition.text, condition.row, 'ctg_row')})`;
  return `    SELECT ${keyText(keys)} AS entity_key${found} FROM ${rows} AS ctg_row${joined(keys)}${where}`;
}

function keyText(keys: RowKeys): string {
  if (keys.kind === 'select') return 'ctg_key.entity_key::text';
  const [only, ...others] = keys.columns;
  if (only !== undefined && others.length === 0) return `ctg_row.${quote(only)}::text`;
  return keys.columns
    .map((column) => `coalesce(ctg_row.${quote(column)}::text, '')`)
    .join(` || ${literal(keys.separator)} || `);
}

/** On lines of its own, since the SELECT may end with a comment. */
function joined(keys: RowKeys): string {
  if (keys.kind === 'columns') return '';
  const select = renameRow(renameRow(keys.select, 'NEW', 'ctg_row'), 'OLD', 'ctg_row');
  return ` CROSS JOIN LATERAL (\n${select}\n    ) AS ctg_key`;
}

function nameOf({ schema, name }: CatalogTable): string {
  return `${quote(schema)}.${quote(name)}`;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
