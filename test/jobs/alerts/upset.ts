import { sql } from 'kysely';
import type { Agent } from '../../../src/agent.ts';
import { until } from '../../support/until.ts';

/** Settings under which alerts come and go at once. */
export const QUICK = { ALERT_INTERVAL_SECONDS: '1', ALERT_SETTLE_SECONDS: '0' };

/** Makes the balance wrong by `changes`, as a lost change would, or right again. */
export async function upsetBalance({ database }: Agent, changes: number): Promise<void> {
  const { kysely } = database;
  await kysely.deleteFrom('ctg_tally').where('shard', '=', 99).execute();
  if (changes === 0) return;
  await kysely
    .insertInto('ctg_tally')
    .values({ shard: 99, entity: 'goods', counter: 'captured', value: changes })
    .execute();
}

/** Waits until the alerts were looked at anew, `looks` times. */
export async function untilLooked({ database }: Agent, looks: number): Promise<void> {
  const read = async (): Promise<number> => {
    const { rows } = await sql<{ value: number }>`SELECT value FROM ctg_clock WHERE name = 'alerts'`.execute(
      database.kysely,
    );
    return Number(rows[0]?.value);
  };
  for (let look = 0; look < looks; look++) {
    const before = await read();
    await until('the alerts are looked at', async () => (await read()) !== before);
  }
}
