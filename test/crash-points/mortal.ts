import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import type { Database } from '../../src/erp/database.ts';
import type { Tables } from '../../src/erp/tables.ts';
import type { Transport } from '../../src/platform/transport.ts';
import type { MortalStore } from './mortal-store.ts';

/** The moment of a process's death: nothing that it does afterwards has an effect, or comes back to it. */
export class Death extends Error {}

/** How long a process lives. */
export type Life = {
  /** Passes one point at which it may die. Throws {@link Death} at the last one and ever after. */
  step(): void;
  readonly dead: boolean;
  readonly steps: number;
};

/** A life of so many steps; without a number it does not end. */
export function liveFor(steps: number = Number.POSITIVE_INFINITY): Life {
  let count = 0;
  return {
    step: () => {
      count++;
      if (count >= steps) throw new Death(`died at step ${steps}`);
    },
    get dead() {
      return count >= steps;
    },
    get steps() {
      return count;
    },
  };
}

/**
 * A process's connections to a store that outlives it. It may die before each statement, and after each: a commit may
 * have been made whose answer nobody got. An open transaction ends with its process.
 */
export function openMortalDatabase(store: MortalStore, life: Life): Database {
  const mortal: PostgresPool = {
    connect: async () => {
      const client = await store.connect();
      const state = { open: false };
      return {
        query: ((text: string, parameters: readonly unknown[]) =>
          runMortal(life, state, text, () => client.query(text, parameters))) as never,
        release: () => {
          const done = state.open ? client.query('ROLLBACK').catch(() => undefined) : Promise.resolve();
          store.ends(done.then(() => client.release()));
        },
      };
    },
    end: async () => undefined,
    options: {},
  };
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: mortal }) });
  return {
    engine: store.engine,
    dialect: 'postgres',
    kysely,
    transact: (work) => kysely.transaction().execute(work),
    once: (work) => work(kysely),
    listen: async () => undefined,
    close: async () => undefined,
  };
}

async function runMortal<T>(
  life: Life,
  state: { open: boolean },
  text: string,
  run: () => Promise<T>,
): Promise<T> {
  life.step();
  const result = await run();
  if (/^\s*(begin|start transaction)/i.test(text)) state.open = true;
  if (/^\s*(commit|rollback)/i.test(text)) state.open = false;
  life.step();
  return result;
}

/** The way to the platform: its process may die before the request leaves, and after the platform has acted. */
export function mortalTransport(transport: Transport, life: Life): Transport {
  return {
    send: async (request) => {
      life.step();
      const result = await transport.send(request);
      life.step();
      return result;
    },
    close: async () => undefined,
  };
}
