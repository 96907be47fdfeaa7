import type { Logger } from '../config/logger.ts';
import type { Settings } from '../config/settings.ts';
import type { Sources } from '../config/source-map.ts';
import type { Database } from '../erp/database.ts';
import type { Backfills } from '../jobs/backfill.ts';
import type { Deliverer } from '../jobs/deliver.ts';
import type { Logins } from '../jobs/logins.ts';
import type { PollContext } from '../jobs/poll.ts';
import type { Queues } from '../jobs/queues.ts';
import type { Reconciler } from '../jobs/reconcile.ts';
import type { RelayLoop } from '../jobs/relay-loop.ts';
import type { Schedule } from '../jobs/schedule.ts';
import type { Tracer } from '../jobs/tracing.ts';
import type { ActingAgent } from '../ledger/hand.ts';
import { shardOf } from '../ledger/tally.ts';
import type { Gateway } from '../platform/gateway.ts';
import type { Metrics } from './metrics/metrics.ts';

/** What the admin server shows and acts on: the parts of a running agent. */
export type AdminContext = {
  readonly id: string;
  readonly settings: Settings;
  readonly sources: Sources;
  readonly logger: Logger;
  readonly database: Database;
  readonly queues: Queues;
  readonly gateway: Pick<Gateway, 'circuits'>;
  readonly logins: Pick<Logins, 'states' | 'refusal' | 'companyOf'>;
  readonly relay: Pick<RelayLoop, 'wake' | 'unreadable' | 'lastProgress'>;
  readonly backfills: Pick<Backfills, 'wake'>;
  readonly deliverer: Pick<Deliverer, 'inFlight'>;
  readonly pollContext: Pick<PollContext, 'mapperOptions' | 'writesBack'>;
  readonly reconciler: Pick<Reconciler, 'start'>;
  readonly schedule: Pick<Schedule, 'next'>;
  readonly leaseFault: () => string | undefined;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
};

/** In whose name the admin server writes to the ledger. */
export function actingAgent({ id, pollContext }: AdminContext): ActingAgent {
  return { id, shard: shardOf(id), writesBack: pollContext.writesBack };
}
