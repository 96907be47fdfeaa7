import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sources } from '../../src/config/source-map.ts';
import { readSummary } from '../../src/ledger/balance.ts';
import type { Transport } from '../../src/platform/transport.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { createGoodsTable, goodsTableMap } from '../support/goods-table.ts';
import { type AgentParts, buildAgent } from './agent-parts.ts';
import { BindHeld, commands, countOutbox, type Model, Resync, type World } from './model-commands.ts';
import { liveFor, openMortalDatabase } from './mortal.ts';
import type { MortalStore } from './mortal-store.ts';
import { type MortalWorld, startMortalWorld } from './mortal-world.ts';

/** By hand, for thousands: `npm run model -- --runs 5000`. */
const RUNS = Number(process.env.MODEL_RUNS ?? 150);
const SEED = process.env.MODEL_SEED;

describe('the ledger, against a simple model of it', () => {
  let world: MortalWorld;
  let sandbox: Sandbox;
  let store: MortalStore;
  let transport: Transport;
  let runs = 0;
  let captured = 0;
  const sources: Sources = new Map([['goods', goodsTableMap('postgres')]]);
  beforeAll(async () => {
    world = await startMortalWorld();
    ({ sandbox, store, transport } = world);
  });
  afterAll(() => world.end());

  const build = (steps?: number): AgentParts =>
    buildAgent({ store, life: liveFor(steps), transport, platformUrl: sandbox.url, sources });

  it('whatever is captured, sent, lost, repeated and killed', async () => {
    const erp = openMortalDatabase(store, liveFor());
    await createGoodsTable(erp, 0);
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 25 }), async (sequence) => {
        const model: Model = { stock: new Map(), address: new Map(), orders: new Set(), captured: 0 };
        const run = ++runs;
        const agent = build();
        await agent.begin();
        // Every other platform refuses a key that it knows, without the order's number: a person looks it up.
        sandbox.setResendMode(run % 2 === 0 ? 'refuse' : 'idempotent');
        await sql`DELETE FROM erp_part`.execute(erp.kysely);
        const world: World = { real: { agent, perish: build }, sandbox, erp, run };
        await fc.asyncModelRun(() => ({ model, real: world }), sequence);
        // What the ERP changed unseen is found by a last re-sync, and what is held by a person.
        await new Resync(undefined, false, undefined).run(model, world);
        do {
          await agent.finish();
          await new BindHeld(undefined).run(model, world);
        } while (await isOpen(erp));
        captured += model.captured;
        const { balance, difference } = await readSummary(erp);
        expect(difference).toBe(0);
        expect(balance).toMatchObject({ captured, open: 0, inDoubt: 0, rejected: 0, dropped: 0 });
        expectPlatformToHold(sandbox, model, run);
      }),
      { numRuns: RUNS, ...(SEED !== undefined && { seed: Number(SEED) }) },
    );
  }, 3_600_000);
});

async function isOpen({ kysely }: AgentParts['database']): Promise<boolean> {
  const open = kysely.selectFrom('ctg_delivery').select('id').where('open_lane', 'is not', null);
  return (await open.limit(1).executeTakeFirst()) !== undefined || (await countOutbox({ kysely })) > 0;
}

function expectPlatformToHold(sandbox: Sandbox, model: Model, run: number): void {
  const state = sandbox.state();
  expect(state.violations).toEqual([]);
  const stock = Object.values(state.goods).filter(({ goods_ID }) => goods_ID.startsWith(`G-${run}-`));
  expect(new Map(stock.map(({ goods_ID, lastBody }) => [goods_ID, lastBody.stock]))).toEqual(model.stock);
  const customers = Object.values(state.customers).filter(({ name }) => name.startsWith(`汽修厂C-${run}-`));
  expect(customers).toHaveLength(model.address.size);
  expect(new Map(customers.map(({ name, address }) => [name, address]))).toEqual(model.address);
  const lines = Object.values(state.timestamps);
  expect(lines.every(({ effects }) => effects === 1)).toBe(true);
  expect(Object.values(state.reminders).every(({ effects }) => effects === 1)).toBe(true);
  expect(Object.keys(state.reminders)).toHaveLength(lines.length);
  expect(Object.values(state.orders).every(({ ships }) => ships === 1)).toBe(true);
}
