import { afterEach, beforeEach, expect, it } from 'vitest';
import { customer, order, type Setup, startSetup } from '../support/running-agent.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { until } from '../support/until.ts';

const shipment = {
  entity: 'shipment',
  key: 'SH-1',
  payload: { orderKey: 'SO-1', logisticsId: 'SF', logisticsName: '顺丰', logisticsOrder: 'SF100' },
};
const receipt = {
  entity: 'receipt',
  key: 'RC-1',
  payload: { orderKey: 'SO-1', logisticsId: 'SF', logisticsName: '顺丰', logisticsOrder: 'SF100' },
};

describeOnEachDialect('a record that needs another one', (store) => {
  let setup: Setup;
  beforeEach(async () => {
    setup = await startSetup(store);
  });
  afterEach(() => setup.stop());

  it('waits for its order visibly, uses up no attempt, and goes when the order is placed', async () => {
    await setup.change(shipment);
    const blocked = await setup.untilState('shipment', 'SH-1', 'blocked');
    expect(blocked).toMatchObject({ attempts: 0, waits_for: 'default|order|SO-1' });
    expect(blocked.reason).toContain('SO-1');
    await setup.change(order('SO-1'));
    const accepted = await setup.untilState('shipment', 'SH-1', 'accepted');
    expect(accepted.attempts).toBe(1);
    expect(Object.values(setup.sandbox.state().orders)[0]?.status).toBe(50);
    await setup.change(receipt);
    await setup.untilState('receipt', 'RC-1', 'accepted');
    await until('the ERP sees the logistics status', () =>
      setup.agent.database.kysely.selectFrom('ctg_logistics_status').selectAll().executeTakeFirst(),
    );
    expect(setup.sandbox.state().violations).toEqual([]);
  });

  it('of an order that was rejected says so, and goes when the corrected order is placed', async () => {
    setup.sandbox.setFaults([
      { kind: 'reject', msg: '下单失败,卖家停业', times: 1, interface: 'place-order' },
    ]);
    await setup.change(shipment, order('SO-1'));
    await setup.untilState('order', 'SO-1', 'rejected');
    await until('the shipment tells why it waits', async () =>
      (await setup.deliveries('shipment', 'SH-1')).at(-1)?.reason?.includes('卖家停业'),
    );
    await setup.change(order('SO-1', ['S2']));
    await setup.untilState('shipment', 'SH-1', 'accepted');
  });

  it('of a customer waits for the customer', async () => {
    await setup.change({
      entity: 'customer_relation',
      key: 'R-1',
      payload: { enterpriseId: '88', targetEnterpriseId: '99', relationId: '3', customerKey: 'C-1' },
    });
    await setup.untilState('customer_relation', 'R-1', 'blocked');
    await setup.change(customer('C-1'));
    await setup.untilState('customer_relation', 'R-1', 'accepted');
  });
});
