/** A request's fields as they came, without password and sec. */
export type Body = Readonly<Record<string, unknown>>;

/** What every kept record counts: `sends` are requests that named it, `effects` those that changed something. */
export interface Counted {
  sends: number;
  effects: number;
}

export interface AccountState {
  readonly username: string;
  readonly companyid: string;
  readonly companyName: string;
  registrations: number;
}

/** 商品, by `account/goods_ID`. `bodies` are the last 20 accepted ones in order of arrival, `sends` counts all. */
export interface GoodsState extends Counted {
  readonly account: string;
  readonly goods_ID: string;
  lastBody: Body;
  readonly bodies: Body[];
}

export interface CustomerState extends Counted {
  readonly id: string;
  readonly account: string;
  name: string;
  phone: string;
  address: string;
  trade: string;
}

export interface RelationState extends Counted {
  readonly id: string;
  readonly account: string;
  customerId: string;
  readonly enterprise_ID: string;
  readonly target_enterprise_ID: string;
  relation_ID: string;
}

export interface DiscountState extends Counted {
  readonly id: string;
  readonly account: string;
  readonly enterprise_ID: string;
  readonly relation_ID: string;
  readonly goods_ID: string;
  discount: number;
}

export interface ReminderState extends Counted {
  readonly timestamp: string;
  readonly account: string;
  readonly order_ID: string;
  readonly body: Body;
  cancelled: boolean;
  /** Whether the cancelling named the reminder by its timestamp or only by order, sender and receiver. */
  cancelledBy?: 'timestamp' | 'order';
}

/** One order line, by its timestamp. */
export interface LineState extends Counted {
  readonly timestamp: string;
  readonly order_id: string;
  readonly goods_id: string;
  readonly body: Body;
}

export interface ShipmentState {
  readonly body: Body;
  readonly logistics_ID: string;
  readonly logistics_name: string;
  readonly logistics_order: string;
  /** True when the platform's side made it up (lifecycle, by hand), so that no request ever named its ids. */
  readonly invented: boolean;
  status: number;
}

export interface OrderState {
  readonly order_id: string;
  readonly account: string;
  readonly companyID: string;
  status: number;
  movedBy: 'interface' | 'lifecycle' | 'hand';
  readonly history: number[];
  readonly timestamps: string[];
  /** How many requests placed or added lines. */
  placements: number;
  accepts: number;
  ships: number;
  receives: number;
  readonly returnConfirms: Record<string, number>;
  shipment?: ShipmentState;
}

export interface ListRuleState extends Counted {
  readonly account: string;
  list_type: string;
  lastBody: Body;
}

/** How the requests of one interface ended. */
export interface InterfaceCounts {
  requests: number;
  accepted: number;
  refused: number;
  faulted: number;
  effects: number;
}

/** Everything that the stand-in knows: plain, live and JSON-serialisable. */
export interface SandboxState {
  readonly accounts: Record<string, AccountState>;
  readonly goods: Record<string, GoodsState>;
  readonly customers: Record<string, CustomerState>;
  readonly relations: Record<string, RelationState>;
  readonly discounts: Record<string, DiscountState>;
  readonly reminders: Record<string, ReminderState>;
  readonly orders: Record<string, OrderState>;
  readonly timestamps: Record<string, LineState>;
  readonly listRules: Record<string, ListRuleState>;
  readonly counts: Record<string, InterfaceCounts>;
  /** The first 1,000 contradictions, in words; `violationCount` counts all. */
  readonly violations: string[];
  violationCount: number;
}

/** Records are made without a prototype: a goods_ID may be called "constructor". */
function emptyRecord<Value>(): Record<string, Value> {
  return Object.create(null);
}

/** A state in which nothing has happened. */
export function emptyState(): SandboxState {
  return {
    accounts: emptyRecord(),
    goods: emptyRecord(),
    customers: emptyRecord(),
    relations: emptyRecord(),
    discounts: emptyRecord(),
    reminders: emptyRecord(),
    orders: emptyRecord(),
    timestamps: emptyRecord(),
    listRules: emptyRecord(),
    counts: emptyRecord(),
    violations: [],
    violationCount: 0,
  };
}
