import { sql } from 'kysely';
import type { Executor } from '../../erp/database.ts';
import { pendingMigrations } from '../../ledger/migrate.ts';
import { attempt } from './attempt.ts';
import type { DatabaseLook } from './database-look.ts';
import { type Finding, fault, fine } from './finding.ts';

const WHAT = 'database rights';
const RIGHTS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;
type Right = (typeof RIGHTS)[number];

/** What the user of `DATABASE_URL` may not do but must; `undefined` when all is well. */
type Lack = string | undefined;

/** Whether the user may create the tables that are missing, and read and write those that are there. */
export const examineRights: DatabaseLook = async (database) => {
  const { kysely, dialect } = database;
  const pending = await attempt(() => pendingMigrations(database));
  const mustCreate = !pending.ok || pending.value.length > 0;
  const lacks = [
    ...(mustCreate
      ? [dialect === 'postgres' ? await postgresCreate(kysely) : await mysqlCreate(kysely)]
      : []),
    ...(dialect === 'postgres' ? await postgresTables(kysely) : await mysqlTables(kysely)),
  ];
  return [judge(lacks.filter((lack) => lack !== undefined))];
};

function judge(lacks: readonly string[]): Finding {
  if (lacks.length === 0) return fine(WHAT, 'the user may do what the agent needs');
  const fix = 'let the database administrator grant it to the user of DATABASE_URL.';
  return fault(
    WHAT,
    `the user may not ${lacks.slice(0, 5).join('; ')}${lacks.length > 5 ? '; …' : ''}.`,
    fix,
  );
}

async function postgresCreate(executor: Executor): Promise<Lack> {
  const { rows } = await sql<{ name: string | null; allowed: boolean | null }>`
    SELECT current_schema() AS name, has_schema_privilege(current_schema(), 'CREATE') AS allowed`.execute(
    executor,
  );
  return rows[0]?.allowed === true ? undefined : `CREATE tables in the schema ${rows[0]?.name ?? 'public'}`;
}

async function postgresTables(executor: Executor): Promise<Lack[]> {
  const { rows } = await sql<{ name: string; lack: string }>`
    SELECT c.relname AS name, string_agg(r.word, ', ' ORDER BY r.word) AS lack
    FROM pg_class c CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS r(word)
    WHERE c.relkind IN ('r', 'p') AND c.relname LIKE 'ctg\\_%' AND pg_table_is_visible(c.oid)
      AND NOT has_table_privilege(c.oid, r.word)
    GROUP BY c.relname ORDER BY c.relname`.execute(executor);
  return rows.map(({ name, lack }) => `${lack} on ${name}`);
}

/**
 * MySQL tells a user its own rights here, but not those that it has by a role: with one, the right is left to be shown by
 * the migration itself.
 */
async function mysqlCreate(executor: Executor): Promise<Lack> {
  const user = sql`CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')`;
  const { rows } = await sql<{ name: string; allowed: number; role: string | null }>`
    SELECT DATABASE() AS name, CURRENT_ROLE() AS role,
      (SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES
        WHERE PRIVILEGE_TYPE = 'CREATE' AND GRANTEE = ${user}) +
      (SELECT COUNT(*) FROM information_schema.SCHEMA_PRIVILEGES
        WHERE PRIVILEGE_TYPE = 'CREATE' AND GRANTEE = ${user} AND DATABASE() LIKE TABLE_SCHEMA) AS allowed`.execute(
    executor,
  );
  const { name, allowed = 0, role } = rows[0] ?? {};
  const hasRole = role !== null && role !== undefined && role !== 'NONE';
  return Number(allowed) > 0 || hasRole ? undefined : `CREATE tables in the database ${name}`;
}

/** EXPLAIN wants the rights of what it explains, and does nothing. */
async function mysqlTables(executor: Executor): Promise<Lack[]> {
  const { rows } = await sql<{ name: string; field: string }>`
    SELECT TABLE_NAME AS name, COLUMN_NAME AS field FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE 'ctg\\_%' AND ORDINAL_POSITION = 1
    ORDER BY TABLE_NAME`.execute(executor);
  const lacks: Lack[] = [];
  for (const { name, field } of rows) {
    const denied: Right[] = [];
    for (const right of RIGHTS) if (await isDenied(executor, right, name, field)) denied.push(right);
    if (denied.length > 0) lacks.push(`${denied.join(', ')} on ${name}`);
  }
  return lacks;
}

const DENIED = new Set(['ER_TABLEACCESS_DENIED_ERROR', 'ER_COLUMNACCESS_DENIED_ERROR']);

async function isDenied(executor: Executor, right: Right, name: string, field: string): Promise<boolean> {
  const [table, column] = [sql.table(name), sql.ref(field)];
  const statements = {
    SELECT: sql`EXPLAIN SELECT ${column} FROM ${table}`,
    INSERT: sql`EXPLAIN INSERT INTO ${table} (${column}) VALUES (DEFAULT)`,
    UPDATE: sql`EXPLAIN UPDATE ${table} SET ${column} = DEFAULT WHERE 1 = 0`,
    DELETE: sql`EXPLAIN DELETE FROM ${table} WHERE 1 = 0`,
  };
  const tried = await attempt(() => statements[right].execute(executor));
  return !tried.ok && DENIED.has(tried.code ?? '');
}
