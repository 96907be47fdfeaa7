import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AdminSetup, startAdminSetup } from '../admin/running-admin.ts';
import { createErpTables, erpSources, insertErp, part } from '../support/erp-tables.ts';
import { anyStore } from '../support/stores.ts';
import { until } from '../support/until.ts';
import { createWorkplace, type Workplace } from './running-command.ts';

const TOKEN = 'admin-token-0123456789';

describe('ctg-sync reconcile', () => {
  let setup: AdminSetup;
  let place: Workplace;
  beforeEach(async () => {
    const store = anyStore();
    setup = await startAdminSetup(store, { sources: erpSources(store), env: { ADMIN_TOKEN: TOKEN } });
    await createErpTables(setup.agent.database);
    place = createWorkplace({ CTG_SYNC_URL: setup.url, ADMIN_TOKEN: TOKEN });
  });
  afterEach(async () => {
    place.remove();
    await setup.stop();
  });

  it('ends with 1 while there are differences, in words, and with 0 once they are repaired', async () => {
    await insertErp(setup.agent.database, 'erp_part', part('P-1'), part('P-2'));
    await setup.change({ entity: 'goods', key: 'P-1' });
    await setup.untilState('goods', 'P-1', 'accepted');
    await sql`UPDATE erp_part SET stock = 99 WHERE id = 'P-1'`.execute(setup.agent.database.kysely);
    const found = await place.run(['reconcile', 'goods']);
    expect(found).toMatchObject({ code: 1, stderr: '' });
    expect(found.stdout).toMatch(/missing on the platform +1\n/);
    expect(found.stdout).toContain('P-1  stock: "3" → "99"');
    expect(found.stdout).toContain('2 differences, of which --repair would repair 2.');
    const repaired = await place.run(['reconcile', 'goods', '--repair', '--json']);
    expect(repaired.code).toBe(0);
    const report = JSON.parse(repaired.stdout);
    expect(report).toMatchObject({ mode: 'repair', repairs: { upsert: 2 }, differences: 0 });
    await setup.untilState('goods', 'P-2', 'accepted');
    await setup.untilSettled();
    const again = await place.run(['reconcile', 'goods']);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('No differences.') });
    const list = await place.run(['reconcile', '--list', '--json']);
    expect(JSON.parse(list.stdout)).toHaveLength(3);
    expect((await place.run(['reconcile', '--report', String(report.id)])).stdout).toContain(
      '2 were put into the outbox to be repaired',
    );
  });

  it('leaves the run alone when it is interrupted, and says how to look at it', async () => {
    setup.sandbox.setFaults([{ interface: 'customer', kind: 'latency', ms: 1900 }]);
    const running = place.start(['reconcile', 'customer']);
    const report = async () => (await setup.request('/v1/reconcile', AUTHORIZED)).body.reports[0];
    await until('the run goes on', report);
    // The command listens for the signal as soon as it looks on.
    await until('the command has asked', () => {
      running.child.kill('SIGINT');
      return running.child.exitCode !== null || running.child.signalCode !== null;
    });
    await until('the run has ended', async () => (await report()).state === 'done');
    setup.sandbox.clearFaults();
    const shown = await place.run(['reconcile', '--report', String((await report()).id)]);
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('done') });
  });
});

const AUTHORIZED = { headers: { authorization: `Bearer ${TOKEN}` } };
