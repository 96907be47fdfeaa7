import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AdminSetup, startAdminSetup } from '../admin/running-admin.ts';
import { anyStore } from '../support/stores.ts';

describe('the page of a comparison', () => {
  let setup: AdminSetup;
  let page: string;
  beforeAll(async () => {
    setup = await startAdminSetup(anyStore());
    const { kysely } = setup.agent.database;
    const run = { entity: 'goods', account: null, mode: 'compare', state: 'done', open_entity: null };
    const maker = { requested_by: 'person', agent: 'a', phase: 'done', counts: '{"differs":2}' };
    await kysely
      .insertInto('ctg_reconcile')
      .values({ id: 7, ...run, ...maker, platform: null, reason: null, ended_at: new Date() })
      .execute();
    const finding = { reconcile_id: 7, kind: 'differs', identity: null, repair: null };
    await kysely
      .insertInto('ctg_reconcile_finding')
      .values([
        { ...finding, account: 'second', entity_key: 'G-1', reason: 'waits in the outbox', changes: null },
        {
          ...finding,
          account: 'default',
          entity_key: 'G-2',
          reason: null,
          changes: '[{"field":"stock","old":"4","new":"5"}]',
        },
      ])
      .execute();
    page = (await setup.request('/reconcile/7', { headers: { 'accept-language': 'zh-CN' } })).body;
  });
  afterAll(() => setup.stop());

  it('leads to each record in the account that it was found in', () => {
    expect(page).toContain('href="/records/goods/G-1?account=second"');
    expect(page).toContain('href="/records/goods/G-2"');
    expect(page).toContain('全部账号');
  });

  it('says in the reader’s language what was found, and why', () => {
    expect(page).toContain('有差异');
    expect(page).toContain('在发件箱里等待');
    expect(page).toMatch(/<td>stock<\/td>\s*<td>5<\/td>\s*<td>4<\/td>/);
  });
});
