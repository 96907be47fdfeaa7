import type { Cascade, Link } from './cascades.ts';
import { insertInto, keyText, mysqlTrigger, ownerOf, quote } from './mysql-triggers.ts';
import { renameRow } from './row-text.ts';
import type { CaptureTarget, WantedTrigger } from './trigger.ts';

/**
 * The trigger of a parent table whose foreign key changes watched rows without running their triggers: it finds those
 * rows before the key does.
 */
export function mysqlCascadeTrigger(cascade: Cascade, target: CaptureTarget): WantedTrigger {
  const { rows, parent, event, links, rule } = cascade;
  const inserts = keySelects(cascade).map(
    (keys) => `${insertInto(target)} SELECT DISTINCT ${ownerOf(rows)}, ctg_key.entity_key FROM (
      ${keys}
    ) AS ctg_key WHERE ctg_key.entity_key <> '';`,
  );
  return mysqlTrigger({
    rows,
    target,
    table: parent,
    event,
    moment: 'BEFORE',
    purpose: `${rows.table.name} through its foreign key (ON ${event.toUpperCase()} ${rule})`,
    inserts: event === 'delete' ? inserts : [whenRenamed(links, inserts)],
  });
}

function whenRenamed(links: readonly Link[], inserts: readonly string[]): string {
  const same = columnsOf(links).map(({ parent }) => `NEW.${quote(parent)} <=> OLD.${quote(parent)}`);
  return `IF NOT (${same.join(' AND ')}) THEN
      ${inserts.join('\n      ')}
    END IF;`;
}

/** The keys of the rows below the parent's: as they are, and as they will be where the change reaches the key itself. */
function keySelects({ rows, links, event }: Cascade): string[] {
  const { keys, condition } = rows;
  if (keys.kind === 'select') throw new Error('A cascade to rows with a keySelect cannot be followed.');
  const last = `ctg_${links.length - 1}`;
  const below = columnsOf(links).map(({ child, parent }) => `ctg_0.${quote(child)} = OLD.${quote(parent)}`);
  const met = condition === undefined ? [] : [`(${renameRow(condition.text, condition.row, last)})`];
  const select = (key: string): string =>
    `SELECT ${key} AS entity_key FROM ${joinedTables(links)} WHERE ${[...below, ...met].join(' AND ')}`;
  const renamed = new Map(columnsOf(links).map(({ child, parent }) => [child, `NEW.${quote(parent)}`]));
  const present = select(keyText(keys, last));
  const isKey = event === 'update' && keys.columns.some((column) => renamed.has(column));
  return isKey ? [present, select(keyText(keys, last, renamed))] : [present];
}

function columnsOf(links: readonly Link[]): Link['columns'] {
  return links[0]?.columns ?? [];
}

function joinedTables(links: readonly Link[]): string {
  return links
    .map(({ child, columns }, index) => {
      const table = `${quote(child.schema)}.${quote(child.name)} AS ctg_${index}`;
      if (index === 0) return table;
      const on = columns.map(
        (each) => `ctg_${index}.${quote(each.child)} = ctg_${index - 1}.${quote(each.parent)}`,
      );
      return `JOIN ${table} ON ${on.join(' AND ')}`;
    })
    .join(' ');
}
