import { sql } from 'kysely';
import type { Dialect, Executor } from '../database.ts';
import { TRIGGER_PREFIX } from './trigger.ts';

/** A trigger of the agent's that is in the database. */
export type InstalledTrigger = {
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  readonly event: string;
  /** PostgreSQL can switch a trigger off. */
  readonly enabled: boolean;
};

/** Reads the triggers that write the outbox of `schema`, on whatever table they are. */
export async function readInstalled(
  executor: Executor,
  dialect: Dialect,
  schema: string,
): Promise<InstalledTrigger[]> {
  const beginning = `${TRIGGER_PREFIX.replaceAll('_', '\\_')}%`;
  return dialect === 'postgres'
    ? readPostgres(executor, schema, beginning)
    : readMysql(executor, schema, `${TRIGGER_PREFIX.replaceAll('_', '=_')}%`);
}

async function readPostgres(
  executor: Executor,
  schema: string,
  beginning: string,
): Promise<InstalledTrigger[]> {
  const { rows } = await sql<InstalledTrigger>`
    SELECT t.tgname AS name, n.nspname AS schema, c.relname AS table,
      CASE WHEN t.tgtype & 4 > 0 THEN 'insert' WHEN t.tgtype & 8 > 0 THEN 'delete'
        WHEN t.tgtype & 16 > 0 THEN 'update' ELSE 'truncate' END AS event,
      t.tgenabled <> 'D' AS enabled
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace pn ON pn.oid = p.pronamespace
    WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgname LIKE ${beginning} AND pn.nspname = ${schema}
    ORDER BY n.nspname, c.relname, t.tgname`.execute(executor);
  return rows;
}

async function readMysql(executor: Executor, schema: string, beginning: string): Promise<InstalledTrigger[]> {
  const { rows } = await sql<Omit<InstalledTrigger, 'enabled'>>`
    SELECT TRIGGER_NAME AS name, TRIGGER_SCHEMA AS ${sql.id('schema')}, EVENT_OBJECT_TABLE AS ${sql.id('table')},
      LOWER(EVENT_MANIPULATION) AS event
    FROM information_schema.TRIGGERS
    WHERE TRIGGER_NAME LIKE ${beginning} ESCAPE '=' AND ACTION_STATEMENT LIKE ${`%\`${schema}\`.ctg=_outbox%`} ESCAPE '='
    ORDER BY TRIGGER_SCHEMA, EVENT_OBJECT_TABLE, TRIGGER_NAME`.execute(executor);
  return rows.map((row) => ({ ...row, enabled: true }));
}
