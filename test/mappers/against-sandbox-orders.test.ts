import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/mappers/interface.ts';
import { interfaceNamed } from '../../src/mappers/registry.ts';
import { credentials } from '../sandbox/document-requests.ts';
import type { RunningSandbox } from '../sandbox/running-sandbox.ts';
import { drive, LOSSES, loseAnswer, placeOrder, runStrictly } from './drive.ts';
import { STANDARD_OPTIONS } from './read-fixtures.ts';

const shipmentName = { logisticsId: 'L9', logisticsName: '顺丰', logisticsOrder: 'SF1' };

describe('order-reminder', () => {
  it.each([undefined, ...LOSSES])('reminds once and cancels (%s)', (loss) =>
    runStrictly(async (running) => {
      const orderId = await placeOrder(running);
      const record = { orderKey: 'ERP-1', sender: 'E1001', receiver: 'S1', message: '您有新订单' };
      if (loss) loseAnswer(running, 'order-reminder', loss);
      const start = { entity: 'order_reminder', record, needed: [orderId] };
      const ended = await drive(running, start);
      const platformId = ended.kind === 'accepted' ? ended.platformId : undefined;
      expect(Object.values(running.sandbox.state().reminders)).toMatchObject([
        { timestamp: platformId, effects: 1 },
      ]);
      if (loss) loseAnswer(running, 'order-reminder', loss);
      const bound = { platformId, present: true, record };
      const cancelled = await drive(running, { ...start, record: { ...record, cancel: true }, bound });
      expect(cancelled).toMatchObject({ kind: 'accepted', present: false });
      const [reminder] = Object.values(running.sandbox.state().reminders);
      expect(reminder).toMatchObject({ cancelled: true, cancelledBy: 'timestamp' });
    }),
  );
});

describe('place-order', () => {
  it.each(['idempotent', 'refuse'] as const)('places once, whatever is lost (a known key: %s)', (mode) =>
    runStrictly(async (running) => {
      running.sandbox.setResendMode(mode);
      loseAnswer(running, 'place-order', mode === 'refuse' ? 'drop-before' : 'drop-after');
      await placeOrder(running);
      expect(Object.values(running.sandbox.state().orders)).toMatchObject([{ placements: 1 }]);
    }),
  );

  it('is for a person where its key is known but its number was never told', () =>
    runStrictly(async (running) => {
      running.sandbox.setResendMode('refuse');
      loseAnswer(running, 'place-order', 'drop-after');
      await expect(placeOrder(running)).rejects.toThrow(/has not told its order number/);
      expect(Object.keys(running.sandbox.state().orders)).toHaveLength(1);
    }));
});

describe('query-order', () => {
  it.each([undefined, ...LOSSES])('accepts once (%s)', (loss) =>
    runStrictly(async (running) => {
      const orderId = await placeOrder(running);
      if (loss) loseAnswer(running, 'query-order', loss);
      const record = { companyId: 'S1', orderId };
      expect(await drive(running, { entity: 'order_acceptance', record })).toMatchObject({
        kind: 'accepted',
      });
      expect(running.sandbox.state().orders[orderId]).toMatchObject({ accepts: 1, status: 2 });
      expect(await poll(running, 'query-order', record)).toMatchObject({ status: '2', terminal: false });
      running.sandbox.setOrderStatus(orderId, 55);
      expect(await poll(running, 'query-order', record)).toMatchObject({ status: '55', terminal: true });
    }),
  );

  it('is refused where the order does not exist', () =>
    runStrictly(async (running) => {
      const record = { companyId: 'S1', orderId: 'O404' };
      expect(await drive(running, { entity: 'order_acceptance', record })).toMatchObject({
        kind: 'rejected',
      });
      const doubtful = await drive(running, { entity: 'order_acceptance', record, doubt: true });
      expect(doubtful).toMatchObject({ kind: 'person', stages: ['verify'] });
    }));
});

describe('ship, receive and query-logistics', () => {
  it.each([undefined, ...LOSSES])('ship and receive once, and show where it is (%s)', (loss) =>
    runStrictly(async (running) => {
      const orderId = await placeOrder(running);
      const start = { record: { orderKey: 'ERP-1', ...shipmentName }, needed: [orderId] };
      if (loss) loseAnswer(running, 'ship', loss);
      const shipped = await drive(running, {
        entity: 'shipment',
        ...start,
        record: { ...start.record, sender: { id: 'S1' } },
      });
      expect(shipped).toMatchObject({ kind: 'accepted' });
      const reference = { orderId, ...shipmentName };
      expect(await poll(running, 'query-logistics', reference)).toMatchObject({
        status: '50',
        terminal: false,
      });
      if (loss) loseAnswer(running, 'receive', loss);
      expect(await drive(running, { entity: 'receipt', ...start })).toMatchObject({ kind: 'accepted' });
      expect(await poll(running, 'query-logistics', reference)).toMatchObject({
        status: '55',
        terminal: true,
      });
      expect(running.sandbox.state().orders[orderId]).toMatchObject({ ships: 1, receives: 1, status: 55 });
    }),
  );

  it('are refused where the order has not got so far', () =>
    runStrictly(async (running) => {
      const orderId = await placeOrder(running);
      const start = { record: { orderId, ...shipmentName } };
      expect(await drive(running, { entity: 'receipt', ...start })).toMatchObject({ kind: 'rejected' });
      expect(await drive(running, { entity: 'receipt', ...start, doubt: true })).toMatchObject({
        kind: 'person',
      });
    }));
});

describe('query-return and confirm-return', () => {
  it.each([undefined, ...LOSSES])('show a return and confirm it once (%s)', (loss) =>
    runStrictly(async (running) => {
      const orderId = await placeOrder(running);
      const request = {
        companyId: 'S1',
        orderKey: 'ERP-1',
        orderPid: 'P1',
        orderStatus: 60,
        logisticsOrder: 'SF1',
      };
      const start = { record: request, needed: [orderId] };
      const asked = await drive(running, { entity: 'return_request', ...start });
      expect(asked).toMatchObject({ kind: 'settled', stages: [] });
      const watch = interfaceNamed('query-return')?.push?.follow(asked.context, { platformId: undefined })
        .watches[0];
      running.sandbox.setOrderStatus(orderId, 60);
      expect(await poll(running, 'query-return', watch?.reference)).toMatchObject({
        status: '60',
        terminal: false,
      });
      if (loss) loseAnswer(running, 'confirm-return', loss);
      const record = { ...request, goodsId: 'G1', logisticsStatus: 55 };
      const confirmed = await drive(running, { entity: 'return_confirmation', ...start, record });
      expect(confirmed).toMatchObject({ kind: 'accepted' });
      expect(running.sandbox.state().orders[orderId]?.returnConfirms).toEqual({ G1: 1 });
      expect(await poll(running, 'query-return', watch?.reference)).toMatchObject({
        status: '99',
        terminal: true,
      });
    }),
  );
});

async function poll({ send }: RunningSandbox, name: string, reference: JsonObject = {}) {
  const definition = interfaceNamed(name)?.poll;
  const body = definition?.request(reference, STANDARD_OPTIONS);
  return definition?.read(await send(name, { ...credentials, ...body }));
}
