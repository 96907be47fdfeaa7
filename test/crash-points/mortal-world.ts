import { PGlite } from '@electric-sql/pglite';
import { migrate } from '../../src/ledger/migrate.ts';
import { createGotTransport } from '../../src/platform/got-transport.ts';
import type { Transport } from '../../src/platform/transport.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { emptyStore } from '../support/empty-store.ts';
import { liveFor, openMortalDatabase } from './mortal.ts';

/** What outlives an agent that dies: the platform, the store, and the way between them. */
export type MortalWorld = {
  readonly sandbox: Sandbox;
  readonly store: PGlite;
  readonly transport: Transport;
  end(): Promise<void>;
};

/** Starts a platform and an embedded store with the agent's tables. */
export async function startMortalWorld(): Promise<MortalWorld> {
  const sandbox = await startSandbox();
  const store = await PGlite.create('memory://', { loadDataDir: await emptyStore() });
  await store.exec("SET TIME ZONE 'UTC'");
  await migrate(openMortalDatabase(store, liveFor()));
  const transport = createGotTransport({ concurrency: 4, allowInsecure: false });
  return {
    sandbox,
    store,
    transport,
    end: async () => {
      await transport.close();
      await store.close();
      await sandbox.close();
    },
  };
}
