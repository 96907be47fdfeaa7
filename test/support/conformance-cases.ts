// Longer than other files: a table, one row for each scenario.
import type { Fault, SandboxState } from '../../src/sandbox/sandbox.ts';

/** What may become of one request, as every interface must stand it. */
export const SCENARIOS = [
  'accepted',
  'rejected',
  'busy',
  'in doubt, then there',
  'in doubt, then not there',
  'duplicate',
] as const;

export type Scenario = (typeof SCENARIOS)[number];

/** The sandbox's faults of each scenario, before they are scoped to an interface. Each strikes once. */
const FAULTS: Readonly<Record<Scenario, readonly Unscoped[]>> = {
  accepted: [],
  rejected: [{ kind: 'reject', msg: '操作失败!资料有误' }],
  busy: [{ kind: 'busy' }],
  'in doubt, then there': [{ kind: 'drop-after' }],
  'in doubt, then not there': [{ kind: 'drop-before' }],
  duplicate: [{ kind: 'duplicate' }],
};

type Unscoped = { readonly kind: 'busy' | 'drop-after' | 'drop-before' | 'duplicate' } | Rejection;
type Rejection = { readonly kind: 'reject'; readonly msg: string };
type Json = Record<string, unknown>;

export const ACCOUNT = '13800000000';

/** What a case may do to the platform beside sending: its own side acts, too. */
export type PlatformSide = {
  /** Puts an order of this number there, with this status. */
  readonly setOrderStatus: (orderId: string, status: number) => void;
  /** One request of somebody else with the account's credentials. */
  readonly post: (interfaceName: string, body: Json) => Promise<void>;
};

/** A cell of the table that is tried: what is sent, what is done to it, and what must come of it. */
export type PushCase = {
  readonly interface: string;
  readonly scenario: Scenario;
  /** Its key at the ERP, and part of what it is called at the platform: no two cases share one. */
  readonly id: string;
  readonly entity: string;
  readonly payload: Json;
  readonly faults: readonly Fault[];
  readonly before?: (platform: PlatformSide) => void;
  /** For what waits until the platform's own side acts: the outcome that is waited for, and the act. */
  readonly meanwhile?: { readonly outcome: string; readonly act: (platform: PlatformSide) => Promise<void> };
  /** How often the platform has the effect. */
  readonly effects: (state: SandboxState) => number;
  readonly expect: {
    readonly state: 'accepted' | 'rejected' | 'held';
    readonly effects: 0 | 1;
    readonly attempts?: number;
    readonly reason?: string;
  };
};

/** A poll that is tried: its first answer goes wrong, and the ERP must still see the status, once. */
export type PollCase = {
  readonly interface: string;
  readonly scenario: Scenario;
  readonly id: string;
  readonly kind: 'order' | 'logistics' | 'return';
  readonly entity: string;
  readonly payload: Json;
  readonly faults: readonly Fault[];
  readonly before?: (platform: PlatformSide) => void;
  /** The status that the ERP must see. */
  readonly status: string;
};

/** A log-in of the account that is tried. */
export type LoginCase = {
  readonly interface: 'login';
  readonly scenario: Scenario;
  readonly faults: readonly Fault[];
  /** What is known of the account before the next log-in; `unknown` may have become `accepted` by then. */
  readonly first: 'accepted' | 'refused' | 'unknown';
};

/** A cell that cannot be tried, and why. */
export type NotApplicable = {
  readonly interface: string;
  readonly scenario: Scenario;
  readonly reason: string;
};

/** How one interface is tried in every scenario. */
type Subject = Pick<PushCase, 'entity'> & {
  readonly interface: string;
  /** Only requests with this field: an addition, and not the queries around it. */
  readonly where?: Fault['where'];
  readonly payload: (id: string) => Json;
  readonly before?: (id: string) => (platform: PlatformSide) => void;
  readonly effects: (id: string) => PushCase['effects'];
  /** What "the record exists" must lead to; for keys that went out before, after a lost answer. */
  readonly duplicate: Pick<PushCase, 'expect'> & {
    readonly afterLostAnswer?: true;
    readonly meanwhile?: (id: string) => PushCase['meanwhile'];
  };
};

const REFUSED = { state: 'rejected', effects: 0, attempts: 1, reason: '记录已存在' } as const;
const TAKEN = { state: 'accepted', effects: 1, attempts: 2 } as const;
const ADDITION = { field: 'op_type', equals: 1 } as const;

const atStatus =
  (status: number) =>
  (id: string) =>
  ({ setOrderStatus }: PlatformSide): void =>
    setOrderStatus(id, status);

function count<Value>(records: Record<string, Value>, matches: (value: Value) => boolean): number {
  return Object.values(records).filter(matches).length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** The platform makes up a shipment of this number for an order that it ships itself. */
function shipmentOf(id: string): Json {
  return { orderId: id, logisticsId: 'L1', logisticsName: '车同轨物流', logisticsOrder: `W${id}` };
}

function customerOf(id: string) {
  return { name: `汽修厂${id}`, phone: '13900001111', address: '上海市', trade: '汽修' };
}

/** The customer is there after all: another program of the same account added it. */
function addCustomer(id: string): PushCase['meanwhile'] {
  return {
    outcome: 'incomplete',
    act: ({ post }) => post('customer', { op_type: 1, param: customerOf(id) }),
  };
}

function orderOf(id: string, companyId = 'E1001'): Json {
  const line = {
    goodsId: `G-${id}`,
    sellerId: 'S1',
    sellerCompanyName: '卖家',
    goodsName: '火花塞',
    price: '12.10',
    amount: 3,
    discount: '98.50',
    totalPrice: '35.76',
  };
  return { companyId, lines: [line], remind: false };
}

const SUBJECTS: readonly Subject[] = [
  {
    interface: 'register',
    entity: 'registration',
    payload: (id) => ({ username: id, password: 'not-a-secret', realName: '张三' }),
    effects: (id) => (state) => state.accounts[id]?.registrations ?? 0,
    duplicate: { expect: REFUSED },
  },
  {
    interface: 'list-goods',
    entity: 'goods',
    payload: (id) => ({ goodsId: id, name: '机油滤清器', oeNumber: '06A', stock: 10, price: '38.50' }),
    // Listing the same state twice is the same as once: what counts is that the platform holds it.
    effects: (id) => (state) =>
      count(state.goods, (each) => each.goods_ID === id && each.lastBody.stock === 10),
    duplicate: { afterLostAnswer: true, expect: TAKEN },
  },
  {
    interface: 'customer',
    entity: 'customer',
    where: ADDITION,
    payload: customerOf,
    effects: (id) => (state) => count(state.customers, (each) => each.name === `汽修厂${id}`),
    duplicate: { meanwhile: addCustomer, expect: { state: 'accepted', effects: 1 } },
  },
  {
    interface: 'customer-relation',
    entity: 'customer_relation',
    where: ADDITION,
    payload: (id) => ({ enterpriseId: 'E1001', targetEnterpriseId: id, relationId: '3' }),
    effects: (id) => (state) => count(state.relations, (each) => each.target_enterprise_ID === id),
    // The query after it finds nothing, so it is added once more, which the platform then takes.
    duplicate: { expect: { state: 'accepted', effects: 1, attempts: 1 } },
  },
  {
    interface: 'customer-discount',
    entity: 'customer_discount',
    where: ADDITION,
    payload: (id) => ({ enterpriseId: 'E1001', relationId: '3', goodsId: id, discount: '98.50' }),
    effects: (id) => (state) =>
      count(state.discounts, (each) => each.goods_ID === id && each.discount === 9850),
    duplicate: { expect: { state: 'accepted', effects: 1, attempts: 1 } },
  },
  {
    interface: 'order-reminder',
    entity: 'order_reminder',
    payload: (id) => ({ orderId: id, sender: 'E1001', receiver: 'S1', message: '您有新订单' }),
    before: atStatus(1),
    effects: (id) => (state) =>
      sum(
        Object.values(state.reminders)
          .filter((each) => each.order_ID === id)
          .map((each) => each.effects),
      ),
    duplicate: { afterLostAnswer: true, expect: TAKEN },
  },
  {
    interface: 'place-order',
    entity: 'order',
    payload: (id) => orderOf(id),
    effects: (id) => (state) =>
      sum(
        Object.values(state.timestamps)
          .filter((each) => each.goods_id === `G-${id}`)
          .map((each) => each.effects),
      ),
    duplicate: {
      afterLostAnswer: true,
      expect: { state: 'held', effects: 1, attempts: 2, reason: 'order number' },
    },
  },
  {
    interface: 'query-order',
    entity: 'order_acceptance',
    where: ADDITION,
    payload: (id) => ({ companyId: 'E1001', orderId: id }),
    before: atStatus(1),
    effects: (id) => (state) => state.orders[id]?.accepts ?? 0,
    duplicate: { expect: REFUSED },
  },
  {
    interface: 'ship',
    entity: 'shipment',
    payload: shipmentOf,
    before: atStatus(2),
    effects: (id) => (state) => state.orders[id]?.ships ?? 0,
    duplicate: { expect: REFUSED },
  },
  {
    interface: 'receive',
    entity: 'receipt',
    payload: shipmentOf,
    before: atStatus(50),
    effects: (id) => (state) => state.orders[id]?.receives ?? 0,
    duplicate: { expect: REFUSED },
  },
  {
    interface: 'confirm-return',
    entity: 'return_confirmation',
    payload: (id) => ({ companyId: 'E1001', orderId: id, orderPid: 'P1', goodsId: 'G-1' }),
    before: atStatus(60),
    effects: (id) => (state) => sum(Object.values(state.orders[id]?.returnConfirms ?? {})),
    duplicate: { expect: REFUSED },
  },
  {
    interface: 'goods-list',
    entity: 'goods_list_rule',
    payload: (id) => ({ enterpriseId: 'E1001', relationId: '3', goodsId: id, list: 'black' }),
    // Setting the same rule twice is the same as once: what counts is that the platform holds it.
    effects: (id) => (state) => count(state.listRules, (each) => each.lastBody.goods_ID === id),
    duplicate: { afterLostAnswer: true, expect: TAKEN },
  },
];

const EXPECTED: Readonly<Record<Exclude<Scenario, 'duplicate'>, PushCase['expect']>> = {
  accepted: { state: 'accepted', effects: 1, attempts: 1 },
  rejected: { state: 'rejected', effects: 0, attempts: 1, reason: '资料有误' },
  // Being told to come later uses up no attempt.
  busy: { state: 'accepted', effects: 1, attempts: 1 },
  'in doubt, then there': { state: 'accepted', effects: 1, attempts: 2 },
  'in doubt, then not there': { state: 'accepted', effects: 1, attempts: 2 },
};

function scoped(name: string, faults: readonly Unscoped[], where?: Fault['where']): Fault[] {
  return faults.map((fault) => ({ ...fault, interface: name, times: 1, ...(where && { where }) }));
}

function pushCase(subject: Subject, scenario: Scenario): PushCase {
  const { entity, where, duplicate } = subject;
  const id = `${subject.interface}-${SCENARIOS.indexOf(scenario) + 1}`;
  const lost = scenario === 'duplicate' && duplicate.afterLostAnswer ? FAULTS['in doubt, then there'] : [];
  const before = subject.before?.(id);
  const meanwhile = scenario === 'duplicate' ? duplicate.meanwhile?.(id) : undefined;
  return {
    interface: subject.interface,
    scenario,
    id,
    entity,
    payload: subject.payload(id),
    faults: scoped(subject.interface, [...lost, ...FAULTS[scenario]], where),
    ...(before && { before }),
    ...(meanwhile && { meanwhile }),
    effects: subject.effects(id),
    expect: scenario === 'duplicate' ? duplicate.expect : EXPECTED[scenario],
  };
}

/** What carries records: every scenario of twelve interfaces. */
export const PUSH_CASES: readonly PushCase[] = SUBJECTS.flatMap((subject) =>
  SCENARIOS.map((scenario) => pushCase(subject, scenario)),
);

/** "The record exists" where no request of ours may have made it: nobody's word is taken for what we sent. */
export const UNPROMPTED_DUPLICATES: readonly PushCase[] = SUBJECTS.filter(
  ({ duplicate }) => duplicate.afterLostAnswer,
).map((subject) => {
  const unprompted: Subject = { ...subject, duplicate: { expect: REFUSED } };
  const { id, ...rest } = pushCase(unprompted, 'duplicate');
  const other = `${id}-unprompted`;
  const before = subject.before?.(other);
  return {
    ...rest,
    id: other,
    payload: subject.payload(other),
    effects: subject.effects(other),
    ...(before && { before }),
  };
});

/** A query is asked again after any of these; a refused one as well, since the order may be on its way there. */
const POLLED = SCENARIOS.filter((scenario) => scenario !== 'duplicate');

type Polled = Pick<PollCase, 'interface' | 'kind' | 'entity' | 'status'> & {
  /** The field of the poll's request by which a case is told from the others. */
  readonly field: string;
  readonly payload: (id: string) => Json;
  readonly before?: (id: string) => (platform: PlatformSide) => void;
};

const POLLS: readonly Polled[] = [
  {
    interface: 'query-order',
    kind: 'order',
    entity: 'order',
    status: '1',
    // Its number is the platform's to choose, so the buyer tells it from the others.
    field: 'companyID',
    payload: (id) => orderOf(id, id),
  },
  {
    interface: 'query-logistics',
    kind: 'logistics',
    entity: 'shipment',
    status: '50',
    field: 'order_id',
    payload: shipmentOf,
    before: atStatus(2),
  },
  {
    interface: 'query-return',
    kind: 'return',
    entity: 'return_request',
    status: '60',
    field: 'order_id',
    payload: (id) => ({ companyId: 'E1001', orderId: id, orderPid: 'P1' }),
    before: atStatus(60),
  },
];

/** The status polls of interfaces 9, 12 and 13. Those of 9 come on top of its acceptances above. */
export const POLL_CASES: readonly PollCase[] = POLLS.flatMap(({ field, payload, before, ...poll }) =>
  POLLED.map((scenario) => {
    const id = `poll-${poll.interface}-${SCENARIOS.indexOf(scenario) + 1}`;
    const act = before?.(id);
    return {
      ...poll,
      scenario,
      id,
      payload: payload(id),
      faults: scoped(poll.interface, FAULTS[scenario], { field, equals: id }),
      ...(act && { before: act }),
    };
  }),
);

const FIRST_LOGIN: Readonly<Record<Exclude<Scenario, 'duplicate'>, LoginCase['first']>> = {
  accepted: 'accepted',
  rejected: 'refused',
  busy: 'unknown',
  'in doubt, then there': 'unknown',
  'in doubt, then not there': 'unknown',
};

/** The account's own log-in, interface 2. */
export const LOGIN_CASES: readonly LoginCase[] = POLLED.map((scenario) => ({
  interface: 'login',
  scenario,
  faults: scoped('login', FAULTS[scenario]),
  first: FIRST_LOGIN[scenario],
}));

/** The cells that cannot be tried: shown by the suite, with the reason. */
export const NOT_APPLICABLE: readonly NotApplicable[] = [
  {
    interface: 'login',
    scenario: 'duplicate',
    reason: 'a log-in leaves nothing at the platform that could be there already',
  },
  {
    interface: 'query-logistics',
    scenario: 'duplicate',
    reason: 'a query makes nothing that could be there already',
  },
  {
    interface: 'query-return',
    scenario: 'duplicate',
    reason: 'a query makes nothing that could be there already',
  },
];
