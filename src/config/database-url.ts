import { misread, type Reading, understood } from './reading.ts';

const SCHEMES = new Set(['postgres:', 'postgresql:', 'mysql:', 'mariadb:']);
const FORM = 'write it like postgres://user:password@host:5432/erp, special characters percent-encoded';

/** Reads `DATABASE_URL`: PostgreSQL, MySQL or MariaDB. The URL itself is the value. */
export function readDatabaseUrl(text: string): Reading<string> {
  if (!URL.canParse(text)) return misread('is not a URL', FORM);
  const { protocol, pathname } = new URL(text);
  if (!SCHEMES.has(protocol)) {
    return misread(
      'is none of PostgreSQL, MySQL and MariaDB',
      'begin it with postgres://, mysql:// or mariadb://',
    );
  }
  if (pathname.length < 2) return misread('names no database', FORM);
  return understood(text);
}
