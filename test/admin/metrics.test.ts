import { afterEach, describe, expect, it } from 'vitest';
import { goods, order } from '../support/running-agent.ts';
import { availableStores, describeOnOneStore } from '../support/stores.ts';
import { until } from '../support/until.ts';
import { type AdminSetup, startAdminSetup } from './running-admin.ts';
import { type Scrape, scrapeOf } from './scrape.ts';

let setup: AdminSetup;
afterEach(() => setup.stop());

async function scrape(): Promise<Scrape> {
  const { status, body, headers } = await setup.get('/metrics');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toContain('text/plain');
  return scrapeOf(body);
}

describeOnOneStore('GET /metrics', (store) => {
  it('shows what was sent, what became of it, and that the balance holds', async () => {
    setup = await startAdminSetup(store);
    await setup.change(goods('G-1'), goods('BAD', { price: 'cheap' }), order('SO-1'));
    await setup.untilState('order', 'SO-1', 'accepted');
    await setup.untilSettled();
    const seen = await until('the database is read anew', async () => {
      const { value } = await scrape();
      return value('ctg_sync_closed_changes', { entity: 'order_reminder', state: 'accepted' }) === 1
        ? value
        : undefined;
    });
    expect(seen('ctg_sync_sends_total', { interface: 'list-goods', outcome: 'accepted' })).toBe(1);
    expect(seen('ctg_sync_send_duration_seconds_count', { interface: 'place-order' })).toBe(1);
    expect(seen('ctg_sync_balance_changes', { part: 'captured' })).toBe(4);
    expect(seen('ctg_sync_balance_changes', { part: 'rejected' })).toBe(1);
    expect(seen('ctg_sync_balance_difference_changes')).toBe(0);
    expect(seen('ctg_sync_lag_seconds')).toBe(0);
    expect(seen('ctg_sync_open_changes', { entity: 'order', state: 'in_doubt' })).toBe(0);
    expect(seen('ctg_sync_outbox_rows', { entity: 'goods' })).toBe(0);
    expect(seen('ctg_sync_relayed_changes_total')).toBe(4);
    expect(seen('ctg_sync_agents')).toBe(1);
    expect(seen('ctg_sync_queue_jobs', { queue: 'list-goods', state: 'waiting' })).toBe(0);
    expect(seen('ctg_sync_circuit_state', { system: 'order', state: 'closed' })).toBe(1);
    expect(seen('ctg_sync_circuit_state', { system: 'order', state: 'open' })).toBe(0);
    expect(seen('ctg_sync_account_login', { account: 'default', state: 'refused' })).toBe(0);
    expect(seen('ctg_sync_up', { part: 'database' })).toBe(1);
    expect(seen('ctg_sync_up', { part: 'queue_store' })).toBe(1);
    expect(seen('ctg_sync_build_info')).toBe(1);
    expect(seen('process_cpu_user_seconds_total')).toBeGreaterThan(0);
    expect(seen('nodejs_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0);
    await until('the order was polled', async () => {
      const { value } = await scrape();
      return value('ctg_sync_polls_total', { poll: 'query-order', outcome: 'accepted' });
    });
  });

  it('shows what is owed, and that a system is down', async () => {
    setup = await startAdminSetup(store);
    setup.sandbox.setFaults([{ interface: 'list-goods', kind: 'drop-after' }]);
    await setup.change(...Array.from({ length: 8 }, (_, index) => goods(`G-${index}`)));
    const seen = await until('the circuit is open, and all is owed', async () => {
      const { value } = await scrape();
      const states = ['waiting', 'in_doubt'];
      const owed = states.map((state) => value('ctg_sync_open_changes', { entity: 'goods', state }) ?? 0);
      const isOpen = value('ctg_sync_circuit_state', { system: 'data', state: 'closed' }) === 0;
      return isOpen && owed.reduce((sum, count) => sum + count) === 8 ? value : undefined;
    });
    expect(seen('ctg_sync_lag_seconds')).toBeGreaterThan(0);
    expect(seen('ctg_sync_circuit_state', { system: 'crm', state: 'closed' })).toBe(1);
    expect(seen('ctg_sync_balance_difference_changes')).toBe(0);
  });

  it('wants a token that may look', async () => {
    setup = await startAdminSetup(store, {
      env: { ADMIN_TOKEN: 'admin-token-0123456789', ADMIN_TOKEN_READONLY: 'look-token-0123456789' },
    });
    const ask = (authorization?: string) =>
      setup.request('/metrics', { headers: authorization === undefined ? {} : { authorization } });
    expect((await ask()).status).toBe(401);
    expect((await ask('Bearer wrong-token-0123456789')).status).toBe(401);
    expect((await ask('Bearer look-token-0123456789')).status).toBe(200);
    expect((await ask('Bearer admin-token-0123456789')).status).toBe(200);
  });
});

describe('GET /metrics without the database', () => {
  it('answers with what is known, and shows no old value', async () => {
    const [embedded] = availableStores();
    if (!embedded) throw new Error('no store');
    setup = await startAdminSetup(embedded);
    await setup.change(goods('G-1'));
    await setup.untilSettled();
    expect((await scrape()).value('ctg_sync_up', { part: 'database' })).toBe(1);
    await setup.agent.database.close();
    const seen = await until('the kept reading is too old', async () => {
      const { value } = await scrape();
      return value('ctg_sync_up', { part: 'database' }) === 0 ? value : undefined;
    });
    expect(seen('ctg_sync_sends_total', { interface: 'list-goods', outcome: 'accepted' })).toBe(1);
    expect(seen('ctg_sync_up', { part: 'queue_store' })).toBe(1);
    expect(seen('ctg_sync_balance_difference_changes')).toBeUndefined();
    expect(seen('ctg_sync_balance_changes', { part: 'captured' })).toBeUndefined();
  });
});
