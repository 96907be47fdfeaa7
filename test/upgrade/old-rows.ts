// What an agent of the first release had in its tables in the middle of its work, as it wrote it: texts of JSON are as
// they were recorded then, not as today's code would make them.
import type { Rows } from './old-database.ts';

/** What the platform holds already. */
export type Platform = { readonly boundOrder: string; readonly boundCustomer: string };

/** Idempotency keys that were given before the upgrade, by order or reminder. */
export const OLD_KEYS = {
  claimed: 'WEBERP1764000000000001',
  bound: 'WEBERP1764000000000002',
  waiting: 'WEBERP1764000000000003',
  held: 'WEBERP1764000000000004',
  reminder: 'WEBERP1764000000000005',
  nextReminder: 'WEBERP1764000000000006',
} as const;

/** The clock had run ahead (it was set back since): no key may be given again. */
export const OLD_CLOCK = 4_000_000_000_000_000;

const HOUR_AGO = new Date(Math.floor(Date.now() / 1000) * 1000 - 3_600_000);

/** A line of an order, as the platform gets it. */
export function wireLine(timestamp: string): Record<string, unknown> {
  return {
    companyID: '88',
    goods_id: 'G-1',
    seller_ID: 'S1',
    seller_company_name: '卖家S1',
    goods_name: '火花塞',
    goods_price: 12.1,
    goods_amount: 3,
    discount: 9850,
    goods_totalPrice: 35.76,
    timestamp,
  };
}

export const CUSTOMER = { name: '汽修厂C-doubt', phone: '13900001111', address: '上海市', trade: '汽修' };

const GOODS =
  '{"goodsId":"G-1","name":"机油滤清器","brand":"MANN","oeNumber":"06A115561B","stock":"10","price":"38.5","quality":"原厂"}';
const ORDER =
  '{"companyId":"88","lines":[{"goodsId":"G-1","sellerId":"S1","sellerCompanyName":"卖家S1","goodsName":"火花塞","price":"12.1","amount":"3","discount":"98.5","totalPrice":"35.76"}],"remind":true,"message":""}';
const NOBODY = '{"id":"","name":"","tel":""}';
const NOWHERE = '{"id":"","name":"","tel":"","address":""}';

const goods = (key: string): string => GOODS.replace('G-1', key);
const shipment = (orderKey: string): string =>
  `{"orderKey":"${orderKey}","logisticsId":"L1","logisticsName":"顺丰","logisticsOrder":"W1","courier":${NOBODY},"sender":${NOWHERE},"receiver":${NOWHERE}}`;
const reminder = (orderId: string, message: string): string =>
  `{"orderId":"${orderId}","sender":"88","receiver":"S1","message":"${message}","type":1,"cancel":false}`;
const frozen = (timestamp: string): string => JSON.stringify({ lines: [wireLine(timestamp)] });

type Row = Readonly<Record<string, unknown>>;

function delivery(entity: string, key: string, target: string, state: string, more: Row): Row {
  const open = ['waiting', 'in_doubt', 'blocked', 'held'].includes(state);
  const due = state === 'waiting' || state === 'in_doubt';
  return {
    account: 'default',
    entity,
    entity_key: key,
    op: 'upsert',
    interface: target,
    state,
    open_lane: open ? `default|${entity}|${key}` : null,
    content_hash: `hash of ${key}`,
    captured_at: HOUR_AGO,
    created_at: HOUR_AGO,
    due_at: due ? HOUR_AGO : null,
    closed_at: open || state === 'queued' ? null : HOUR_AGO,
    ...more,
  };
}

const order = (key: string, state: string, idempotencyKey: string, more: Row = {}): Row =>
  delivery('order', key, 'place-order', state, {
    record: ORDER,
    frozen: frozen(idempotencyKey),
    idempotency_key: idempotencyKey,
    ...more,
  });

const goodsRow = (key: string, state: string, more: Row = {}): Row =>
  delivery('goods', key, 'list-goods', state, { record: goods(key), ...more });

const sentBefore = { attempts: 1, sent_at: HOUR_AGO };

function deliveries({ boundOrder }: Platform): readonly Row[] {
  const remind = (state: string, message: string, key: string): Row =>
    delivery('order_reminder', 'OR-1', 'order-reminder', state, {
      record: reminder(boundOrder, message),
      frozen: JSON.stringify({ timestamp: key }),
      idempotency_key: key,
      content_hash: message,
    });
  return [
    goodsRow('G-accepted', 'accepted', sentBefore),
    goodsRow('G-rejected', 'rejected', { ...sentBefore, outcome: 'rejected', reason: '商品编号错误' }),
    goodsRow('G-superseded', 'superseded'),
    goodsRow('G-unchanged', 'unchanged'),
    goodsRow('G-dropped', 'dropped', { reason: 'Dropped by a person.' }),
    goodsRow('G-waiting', 'waiting'),
    delivery('customer', 'C-doubt', 'customer', 'in_doubt', {
      ...sentBefore,
      record: JSON.stringify(CUSTOMER),
      outcome: 'in-doubt',
      progress: '{}',
    }),
    order('SO-claimed', 'waiting', OLD_KEYS.claimed, { ...sentBefore, claimed_by: 'gone-1-abc' }),
    order('SO-waiting', 'waiting', OLD_KEYS.waiting),
    delivery('shipment', 'SH-waiting', 'ship', 'blocked', {
      record: shipment('SO-waiting'),
      waits_for: 'default|order|SO-waiting',
    }),
    order('SO-held', 'held', OLD_KEYS.held, { ...sentBefore, reason: 'Refused after a lost answer.' }),
    remind('waiting', '请接单', OLD_KEYS.reminder),
    remind('queued', '请尽快接单', OLD_KEYS.nextReminder),
  ];
}

function outbox(): readonly Row[] {
  const change = (entity: string, key: string, payload: string | null, op = 'upsert'): Row => ({
    entity,
    entity_key: key,
    op,
    payload,
  });
  return [
    change('goods', 'G-outbox', goods('G-outbox').replace('"10"', '1')),
    change('order', 'SO-outbox', ORDER),
    change(
      'shipment',
      'SH-outbox',
      '{"orderKey":"SO-outbox","logisticsId":"L1","logisticsName":"顺丰","logisticsOrder":"W1"}',
    ),
    change('goods', 'G-outbox', goods('G-outbox').replace('"10"', '2')),
    change('goods', 'G-accepted', null, 'delete'),
    change('customer', 'C-bound', JSON.stringify({ ...CUSTOMER, name: '汽修厂C-bound', address: '苏州市' })),
  ];
}

/** Rows for each of the agent's tables; each is written where its table is there. */
export function oldRows(platform: Platform): Rows {
  const { boundOrder, boundCustomer } = platform;
  const rows = deliveries(platform);
  const binding = { account: 'default', present: 1, content_hash: 'hash of then', updated_at: HOUR_AGO };
  const tally = (entity: string, counter: string, value: number): Row => ({
    shard: 3,
    entity,
    counter,
    value,
  });
  const count = (entity: string): number => rows.filter((row) => row.entity === entity).length;
  const moments = { started_at: HOUR_AGO, ended_at: HOUR_AGO };
  return {
    ctg_delivery: rows,
    ctg_outbox: outbox(),
    ctg_attempt: [
      {
        delivery_id: 7,
        at: HOUR_AGO,
        interface: 'customer',
        stage: 'add',
        outcome: 'in-doubt',
        message: 'ECONNRESET',
        duration_ms: 15,
      },
    ],
    ctg_binding: [
      { ...binding, entity: 'goods', entity_key: 'G-accepted', record: goods('G-accepted'), delivery_id: 1 },
      { ...binding, entity: 'order', entity_key: 'SO-bound', platform_id: boundOrder, record: ORDER },
      {
        ...binding,
        entity: 'customer',
        entity_key: 'C-bound',
        platform_id: boundCustomer,
        record: JSON.stringify({ ...CUSTOMER, name: '汽修厂C-bound' }),
      },
    ],
    ctg_watch: [
      {
        account: 'default',
        poll: 'query-order',
        entity_key: 'SO-bound',
        platform_id: boundOrder,
        reference: JSON.stringify({ companyId: '88', orderId: boundOrder }),
        status: '1',
        next_at: HOUR_AGO,
        changed_at: HOUR_AGO,
        created_at: HOUR_AGO,
      },
    ],
    ctg_order_status: [
      {
        account: 'default',
        platform_id: boundOrder,
        entity_key: 'SO-bound',
        status: '1',
        detail: '{}',
        updated_at: HOUR_AGO,
      },
    ],
    ctg_inbox: [
      {
        account: 'default',
        kind: 'order',
        entity_key: 'SO-bound',
        platform_id: boundOrder,
        status: '1',
        detail: '{}',
        seen_at: HOUR_AGO,
      },
    ],
    ctg_mirror: [
      {
        account: 'default',
        entity: 'customer',
        identity: boundCustomer,
        platform_id: boundCustomer,
        record: '{}',
        content_hash: 'h',
        walk: 4,
        first_seen: HOUR_AGO,
        last_seen: HOUR_AGO,
      },
    ],
    ctg_agent: [
      { id: 'gone-1-abc', host: 'gone', pid: 1, lease_ms: 10_000, started_at: HOUR_AGO, seen_at: HOUR_AGO },
    ],
    ctg_account: [
      { account: 'default', login: 'accepted', profile: '{"companyid":"E1001"}', checked_at: HOUR_AGO },
    ],
    ctg_tally: [
      ...['goods', 'customer', 'order', 'shipment', 'order_reminder'].map((entity) =>
        tally(entity, 'captured', count(entity)),
      ),
      ...['accepted', 'rejected', 'superseded', 'unchanged', 'dropped'].map((end) => tally('goods', end, 1)),
    ],
    ctg_intake: [{ idempotency_key: 'erp-1', body_hash: 'h', answer: '{"stored":1}', received_at: HOUR_AGO }],
    ctg_audit: [
      {
        at: HOUR_AGO,
        actor: 'admin',
        address: '127.0.0.1',
        action: 'retry',
        target: 'delivery 1',
        outcome: 'done',
      },
    ],
    ctg_rate: [{ minute: 29_400_000, shard: 3, interface: 'list-goods', outcome: 'accepted', sends: 5 }],
    ctg_reconcile: [
      {
        entity: 'goods',
        mode: 'report',
        state: 'done',
        requested_by: 'admin',
        agent: 'gone-1-abc',
        phase: 'done',
        counts: '{}',
        alive_until: HOUR_AGO,
        ...moments,
      },
    ],
    ctg_reconcile_finding: [{ reconcile_id: 1, kind: 'missing', account: 'default', entity_key: 'G-1' }],
    ctg_backfill: [
      {
        account: 'default',
        entity: 'goods',
        forced: 0,
        state: 'done',
        pages: 2,
        records: 700,
        updated_at: HOUR_AGO,
        ...moments,
      },
    ],
    ctg_alert: [{ rule: 'lag', subject: 'all', state: 'firing', value: 3600, since: HOUR_AGO }],
    ctg_capture_fault: [{ at: HOUR_AGO, capture: 'goods', message: 'lock timeout' }],
    ctg_write_back: [],
  };
}
