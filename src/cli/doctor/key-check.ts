import { keyFormatFault } from '../../ledger/clock.ts';
import { attempt } from './attempt.ts';
import type { DatabaseLook } from './database-look.ts';
import { warning } from './finding.ts';

/** Whether idempotency keys look as `CTG_PATHS_FILE` has them. Before the first start there is no clock to ask. */
export const examineKeys: DatabaseLook = async ({ kysely }, { platform }) => {
  const tried = await attempt(() => keyFormatFault(kysely, platform.key));
  if (!tried.ok || tried.value === undefined) return [];
  const fix = 'set key.digits back in CTG_PATHS_FILE; the number is chosen before the first order.';
  return [warning('keys', tried.value, fix)];
};
