import { cutSessions, fightForLocks, freezeCommits, lockLedger, refuseWrites } from './database-troubles.ts';
import type { Fault } from './faults.ts';

/** An agent that cannot write notices it when it has not been able to tell that it lives for six seconds. */
const SILENT_WITHIN_MS = 8_000;

/** The database's server, in the ways that it fails. */
export const databaseFaults: readonly Fault[] = [
  { name: 'database: sessions ended', needs: 'server', make: ({ server }) => cutSessions(server) },
  {
    name: 'database: restarted',
    needs: 'server',
    restarts: 'server',
    make: async ({ server }) => server?.restart(),
  },
  {
    name: 'database: killed, comes back',
    needs: 'server',
    restarts: 'server',
    blindsWithinMs: 5_000,
    make: async ({ server }, _actor, trouble) => {
      await server?.kill9();
      await trouble.lasts();
      await server?.restart();
    },
  },
  {
    name: 'database: deadlocks',
    needs: 'server',
    make: ({ server }, _actor, trouble) => fightForLocks(server, trouble),
  },
  {
    name: 'database: ledger locked',
    needs: 'server',
    make: ({ server }, _actor, trouble) => lockLedger(server, trouble),
  },
  {
    name: 'database: read-only',
    needs: 'server',
    blindsWithinMs: SILENT_WITHIN_MS,
    make: ({ server }, _actor, trouble) => refuseWrites(server, trouble),
  },
  {
    name: 'database: commits stand still',
    needs: 'server',
    blindsWithinMs: SILENT_WITHIN_MS,
    make: ({ server }, _actor, trouble) => freezeCommits(server, trouble),
  },
];
