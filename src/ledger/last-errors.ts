import type { Database } from '../erp/database.ts';

/** An attempt that did not succeed. */
export type AttemptError = {
  readonly interface: string;
  readonly at: Date;
  readonly outcome: string;
  readonly message: string | null;
  readonly deliveryId: number;
};

/** Attempts of one interface, the newest, that are looked through. */
const WINDOW = 200;
const SUCCESSES: readonly string[] = ['accepted', 'duplicate', 'dropped'];

/** The newest attempts of an interface that did not succeed, `most` of them, newest first. */
export async function readLastErrors(
  { kysely }: Database,
  name: string,
  most: number,
): Promise<AttemptError[]> {
  const rows = await kysely
    .selectFrom('ctg_attempt')
    .select(['interface', 'at', 'outcome', 'message', 'delivery_id as deliveryId'])
    .where('interface', '=', name)
    .orderBy('id', 'desc')
    .limit(WINDOW)
    .execute();
  return rows.filter(({ outcome }) => !SUCCESSES.includes(outcome)).slice(0, most);
}
