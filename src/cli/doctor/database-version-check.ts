import { sql } from 'kysely';
import type { DatabaseLook } from './database-look.ts';
import { type Finding, fault, fine, warning } from './finding.ts';

const WHAT = 'database';
const UPGRADE = 'upgrade it to PostgreSQL 13, MySQL 8.0 or MariaDB 10.6, or later.';

/** What the server is, and whether it keeps every character. */
export const examineVersion: DatabaseLook = async ({ kysely, dialect, engine }) => {
  if (engine === 'pglite') return [fine(WHAT, 'embedded PGlite answers')];
  return dialect === 'postgres' ? examinePostgres(kysely) : examineMysql(kysely);
};

async function examinePostgres(kysely: Parameters<DatabaseLook>[0]['kysely']): Promise<readonly Finding[]> {
  const { rows } = await sql<{ version: string; encoding: string }>`
    SELECT current_setting('server_version') AS version, current_setting('server_encoding') AS encoding`.execute(
    kysely,
  );
  const { version = '', encoding = '' } = rows[0] ?? {};
  const isOld = Number.parseInt(version, 10) < 13;
  const product = `PostgreSQL ${version.split(' ', 1)[0]}`;
  return [
    isOld ? fault(WHAT, `${product} is too old.`, UPGRADE) : fine(WHAT, `${product} answers, ${encoding}`),
    ...(encoding === 'UTF8' ? [] : [otherEncoding(encoding)]),
  ];
}

function otherEncoding(encoding: string): Finding {
  const fix = 'characters that it lacks are refused; a database with ENCODING UTF8 keeps them all.';
  return warning('database characters', `are kept in ${encoding}.`, fix);
}

async function examineMysql(kysely: Parameters<DatabaseLook>[0]['kysely']): Promise<readonly Finding[]> {
  const { rows } = await sql<{ version: string; connection: string; charset: string }>`
    SELECT VERSION() AS version, @@character_set_connection AS connection,
      @@character_set_database AS charset`.execute(kysely);
  const { version = '', connection = '', charset = '' } = rows[0] ?? {};
  const product = readProduct(version);
  const charsets = `connection ${connection}, database ${charset}`;
  return [
    product.isOld
      ? fault(WHAT, `${product.name} is too old.`, UPGRADE)
      : fine(WHAT, `${product.name} answers, ${charsets}`),
    ...(connection === 'utf8mb4' ? [] : [otherConnection(connection)]),
  ];
}

/** `10.11.6-MariaDB-0+deb12u1`, `5.5.5-10.6.16-MariaDB` (behind a proxy), `8.0.36`. */
function readProduct(version: string): { readonly name: string; readonly isOld: boolean } {
  const maria = /(\d+)\.(\d+)(?:\.\d+)?-MariaDB/i.exec(version);
  const [, major = 0, minor = 0] = (maria ?? /(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  if (!maria) return { name: `MySQL ${version}`, isOld: major < 8 };
  return { name: `MariaDB ${version}`, isOld: major < 10 || (major === 10 && minor < 6) };
}

function otherConnection(charset: string): Finding {
  const fix =
    'something between here and the database changes it (init_connect, a proxy); let it be utf8mb4.';
  return fault('database characters', `the connection speaks ${charset}, which loses characters.`, fix);
}
