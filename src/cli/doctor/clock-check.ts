import { sql } from 'kysely';
import { type Database, now } from '../../erp/database.ts';
import type { DatabaseLook } from './database-look.ts';
import { type Finding, fault, fine, warning } from './finding.ts';

const WHAT = 'database clock';
const NOTICEABLE_MS = 5_000;
const WRONG_MS = 60_000;

/** How far the database's clock is from this machine's; one of the two is wrong when it is far. */
export const examineClock: DatabaseLook = async (database) => {
  const before = Date.now();
  const { moment, zone } = await readClock(database);
  const after = Date.now();
  return [judge(moment - (before + after) / 2, zone)];
};

type Clock = { readonly moment: number; readonly zone: string };

/** In milliseconds since the epoch, so that no driver's idea of a time zone comes in. */
async function readClock({ kysely, dialect }: Database): Promise<Clock> {
  const isPostgres = dialect === 'postgres';
  const moment = isPostgres
    ? sql`extract(epoch FROM clock_timestamp()) * 1000`
    : sql`UNIX_TIMESTAMP(${now(dialect)}) * 1000`;
  const zone = isPostgres
    ? sql`current_setting('TimeZone')`
    : sql`IF(@@global.time_zone = 'SYSTEM', @@system_time_zone, @@global.time_zone)`;
  const { rows } = await sql<{ moment: string | number; zone: string }>`
    SELECT ${moment} AS moment, ${zone} AS zone`.execute(kysely);
  return {
    moment: Number(rows[0]?.moment),
    zone: isPostgres ? '' : `; the server's zone is ${rows[0]?.zone}`,
  };
}

function judge(differenceMs: number, zone: string): Finding {
  const distance = Math.abs(differenceMs);
  const seconds = (distance / 1000).toFixed(1);
  const side = differenceMs > 0 ? 'ahead of' : 'behind';
  const detail = `${seconds} s ${side} this machine's`;
  const fix = 'set both by NTP. Keys and leases follow the database, the log and the schedule this machine.';
  if (distance > WRONG_MS) return fault(WHAT, `${detail}.`, fix);
  if (distance > NOTICEABLE_MS) return warning(WHAT, `${detail}.`, fix);
  return fine(WHAT, `agrees with this machine's; sessions work in UTC${zone}`);
}
