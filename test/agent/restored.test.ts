import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAdmin } from '../../src/admin/server.ts';
import { type Database, openDatabase } from '../../src/erp/database.ts';
import { writeOutbox } from '../../src/erp/outbox.ts';
import { markAlive } from '../../src/ledger/agents.ts';
import { lockRelay } from '../../src/ledger/restored-store.ts';
import { createWorkplace, type Workplace } from '../cli/running-command.ts';
import { dumpDatabase } from '../support/dumped-database.ts';
import { isSomebodyWaiting } from '../support/lock-waits.ts';
import { customer, goods, order, type Setup, startSetup } from '../support/running-agent.ts';
import { availableStores } from '../support/stores.ts';
import { until } from '../support/until.ts';

const LEAP = 1_000_000_000;

const shipment = (key: string, orderKey: string) => ({
  entity: 'shipment',
  key,
  payload: { orderKey, logisticsId: 'SF', logisticsName: '顺丰', logisticsOrder: `SF-${key}` },
});

for (const store of availableStores().filter(({ name }) => name.endsWith('+ Redis'))) {
  describe(`a database restored from a backup (${store.name})`, () => {
    let setup: Setup;
    let original: Database;
    let workplace: Workplace;
    const closers: (() => Promise<unknown>)[] = [];
    beforeEach(async () => {
      setup = await startSetup(store);
      original = await openDatabase({ url: setup.env.DATABASE_URL, dataDir: 'memory', connections: 2 });
      workplace = createWorkplace(setup.env);
    });
    afterEach(async () => {
      for (const close of closers.splice(0).reverse()) await close();
      workplace.remove();
      await original.close();
      await setup.stop();
    });

    it('doubles nothing that was sent since, and asks a person where nobody else can know', async () => {
      const { sandbox } = setup;
      // When the backup is made, one order is in the ledger with its key, others are in the outbox without any.
      await setup.change(order('SO-0'));
      const { platform_id: firstId } = await setup.untilState('order', 'SO-0', 'accepted');
      sandbox.setFaults([{ kind: 'busy', interface: 'place-order' }]);
      await setup.change(order('SO-1'), shipment('SH-1', 'SO-1'));
      await setup.untilState('shipment', 'SH-1', 'blocked');
      await until('the order met a busy platform', async () =>
        (await setup.deliveries('order', 'SO-1')).some(({ outcome }) => outcome === 'busy'),
      );
      await setup.agent.stop();
      sandbox.clearFaults();
      await writeOutbox(
        original.kysely,
        [
          order('SO-2'),
          order('SO-2', ['S2']),
          shipment('SH-2', 'SO-2'),
          reminder(String(firstId)),
          customer('C-1'),
          goods('G-1'),
        ].map((each) => ({ account: 'default', op: 'upsert' as const, ...each })),
      );
      const backup = dumpDatabase(setup.env.DATABASE_URL ?? '');

      // All of it is sent; then the database is lost, and the backup takes its place.
      const lost = await setup.startAnother();
      await untilShipped(setup, 2);
      await until('everything is sent', async () => (await openOf(original)) === 0);
      await lost.stop();
      const before = sandbox.state();
      const placed = Object.keys(before.timestamps);
      const copy = await backup.restore();
      closers.push(() => copy.drop());

      const looked = await workplace.run(['restored', '--dry-run', '--json'], { DATABASE_URL: copy.url });
      const done = await workplace.run(['restored', '--json'], { DATABASE_URL: copy.url });
      expect([looked.code, done.code], done.stderr).toEqual([0, 0]);
      const report = JSON.parse(done.stdout);
      expect(withoutIds(JSON.parse(looked.stdout))).toEqual({ ...withoutIds(report), dryRun: true });
      expect(report).toMatchObject({
        moved: 6,
        held: [{ entity: 'order', key: 'SO-2' }, { key: 'R-1' }],
        rejected: [{ entity: 'order', key: 'SO-2' }],
      });

      const agent = await setup.startAnother({ DATABASE_URL: copy.url, HTTP_PORT: '0' });
      closers.push(() => agent.stop());
      const admin = await startAdmin(agent);
      closers.push(() => admin.close());
      const stateOf = async (key: string): Promise<string | undefined> =>
        (
          await agent.database.kysely
            .selectFrom('ctg_delivery')
            .select('state')
            .where('entity_key', '=', key)
            .orderBy('id')
            .executeTakeFirst()
        )?.state;
      for (const key of ['SO-1', 'SH-1', 'C-1', 'G-1']) {
        await until(`${key} is accepted`, async () => (await stateOf(key)) === 'accepted');
      }
      expect([await stateOf('SO-2'), await stateOf('SH-2'), await stateOf('R-1')]).toEqual([
        'held',
        'blocked',
        'held',
      ]);

      // A person has looked the held order up, and says its number.
      const ids = Object.keys(before.orders);
      const bound = await agent.database.kysely
        .selectFrom('ctg_binding')
        .select('platform_id')
        .where('entity', '=', 'order')
        .execute();
      const missing = ids.filter((id) => !bound.some(({ platform_id: known }) => known === id));
      expect(missing).toHaveLength(1);
      const reply = await fetch(`${admin.url}/v1/bindings`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ entity: 'order', key: 'SO-2', platformId: missing[0] }),
      });
      expect(reply.status, await reply.text()).toBeLessThan(300);
      await until('its shipment is verified', async () => (await stateOf('SH-2')) === 'accepted');

      const after = sandbox.state();
      expect(after.violations).toEqual([]);
      expect(Object.keys(after.timestamps)).toEqual(placed);
      expect(Object.values(after.timestamps).every(({ effects }) => effects === 1)).toBe(true);
      expect(Object.keys(after.orders)).toEqual(ids);
      expect(Object.keys(after.customers)).toHaveLength(1);
      const status = await (await fetch(`${admin.url}/v1/status`)).json();
      expect(status).toMatchObject({ difference: 0 });
      await writeOutbox(agent.database.kysely, [{ account: 'default', op: 'upsert', ...goods('G-2') }]);
      agent.relay.wake();
      const { id } = await until('a later delivery is there', () =>
        agent.database.kysely
          .selectFrom('ctg_delivery')
          .select('id')
          .where('entity_key', '=', 'G-2')
          .executeTakeFirst(),
      );
      expect(id).toBeGreaterThan(LEAP);
    });

    it('is not touched while an agent runs', async () => {
      const { code, stderr } = await workplace.run(['restored']);
      expect([code, stderr]).toEqual([1, expect.stringContaining('An agent is running')]);
    });

    it('is not touched either when an agent is started in the middle', async () => {
      await setup.agent.stop();
      await writeOutbox(original.kysely, [{ account: 'default', op: 'upsert', ...order('SO-8') }]);
      const running = await original.kysely.transaction().execute(async (transaction) => {
        await lockRelay(transaction);
        const started = workplace.start(['restored']);
        await until('it waits for the relay', async () => (await isSomebodyWaiting(original)) || undefined);
        await markAlive(original, { id: 'early', host: 'here', pid: 1, leaseMs: 600_000 });
        return started;
      });
      const { code, stderr } = await running.ended;
      expect([code, stderr]).toEqual([1, expect.stringContaining('An agent is running: early')]);
      const left = await original.kysely.selectFrom('ctg_outbox').select('entity_key').execute();
      expect(left).toEqual([{ entity_key: 'SO-8' }]);
    });

    it('gets keys above the last one that somebody remembers', async () => {
      await setup.agent.stop();
      const { code } = await workplace.run(['restored', '--last-key', 'WEBERP8000000000000000']);
      expect(code).toBe(0);
      const agent = await setup.startAnother();
      await writeOutbox(agent.database.kysely, [{ account: 'default', op: 'upsert', ...order('SO-9') }]);
      agent.relay.wake();
      await until('the order is placed', () =>
        Object.keys(setup.sandbox.state().timestamps).some((key) => key > 'WEBERP8000000000000000'),
      );
    });
  });
}

function reminder(orderId: string) {
  const payload = { orderId, sender: '88', receiver: 'S1', message: '请尽快发货' };
  return { entity: 'order_reminder', key: 'R-1', payload };
}

async function untilShipped({ sandbox }: Setup, count: number): Promise<void> {
  await until('the orders are shipped', () => {
    const shipped = Object.values(sandbox.state().orders).filter(({ status }) => status === 50);
    return shipped.length === count;
  });
}

async function openOf({ kysely }: Database): Promise<number> {
  const rows = await kysely
    .selectFrom('ctg_delivery')
    .select('id')
    .where('state', 'in', ['waiting', 'queued', 'in_doubt', 'blocked', 'held'])
    .execute();
  return rows.length;
}

/** The ids of a dry run are not those of the run itself. */
function withoutIds(report: unknown): Record<string, unknown> {
  return JSON.parse(JSON.stringify(report, (name, value: unknown) => (name === 'id' ? undefined : value)));
}
