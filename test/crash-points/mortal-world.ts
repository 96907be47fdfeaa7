import { migrate } from '../../src/ledger/migrate.ts';
import { createGotTransport } from '../../src/platform/got-transport.ts';
import type { Transport } from '../../src/platform/transport.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { liveFor, openMortalDatabase } from './mortal.ts';
import { type MortalStore, openMortalStore } from './mortal-store.ts';

/** What outlives an agent that dies: the platform, the store, and the way between them. */
export type MortalWorld = {
  readonly sandbox: Sandbox;
  readonly store: MortalStore;
  readonly transport: Transport;
  end(): Promise<void>;
};

/** Starts a platform and a store with the agent's tables. */
export async function startMortalWorld(): Promise<MortalWorld> {
  const sandbox = await startSandbox();
  const store = await openMortalStore();
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
