import type { Effect, SandboxState } from '../../src/sandbox/sandbox.ts';
import type { Change } from './changes.ts';

/** What the ERP has committed, and what the platform must therefore hold. */
export type Truth = {
  /** Told of what a writer has surely committed. */
  committed(changes: readonly Change[]): void;
  /** Told of each effect at the platform, in order. */
  seen(effect: Effect): void;
  /** How many changes were committed, those that the agent makes of them (reminders) included. */
  captured(): number;
  /** Orders of the ERP, with their number of sellers, that are committed. */
  orderKeys(): readonly string[];
  /** Everything that is wrong, in words; none when the platform is as it must be. */
  faults(state: SandboxState): string[];
};

type Order = { readonly lines: number };

/** Versions of a discount come round again after so many. */
const DISCOUNTS = 10_000;

/** Keeps what is true while a run goes on. */
export function createTruth(): Truth {
  const orders = new Map<string, Order>();
  const once = new Map<string, Set<string>>();
  const newest = new Map<string, number>();
  const highest = new Map<string, number>();
  const backwards: string[] = [];
  let count = 0;
  const setOf = (entity: string): Set<string> => {
    const known = once.get(entity) ?? new Set();
    once.set(entity, known);
    return known;
  };
  return {
    committed: (changes) => {
      count += changes.length;
      for (const { entity, key, payload } of changes) {
        const version = versionOf(entity, payload);
        if (version !== undefined) newest.set(`${entity} ${key}`, version);
        else if (entity === 'order') orders.set(key, { lines: linesOf(payload) });
        else setOf(entity).add(key);
      }
    },
    seen: (effect) => {
      const change = readEffect(effect);
      if (!change) return;
      const before = highest.get(change.record);
      if (before !== undefined && isBackwards(change, before))
        backwards.push(`(c) ${change.record} went back from ${before} to ${change.version}`);
      highest.set(change.record, change.version);
    },
    captured: () => count + sum([...orders.values()].map(({ lines }) => lines)),
    orderKeys: () => [...orders.keys()],
    faults: (state) => [
      ...backwards,
      ...state.violations.map((each) => `(b) ${String(each)}`),
      ...differences('newest state', newest, readNewest(state)),
      ...countFaults(state, orders, setOf),
    ],
  };
}

function versionOf(entity: string, payload: unknown): number | undefined {
  const read = (field: string): string => String(Object(payload)[field]);
  switch (entity) {
    case 'goods':
      return Number(read('stock'));
    case 'customer':
      return Number(read('address').slice(2));
    case 'customer_relation':
      return Number(read('relationId'));
    case 'customer_discount':
      return Math.round(Number(read('discount')) * 100);
    default:
      return undefined;
  }
}

const linesOf = (payload: unknown): number => (Object(payload).lines as unknown[]).length;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

type Seen = { readonly record: string; readonly version: number };

function readEffect({ interface: name, key, body }: Effect): Seen | undefined {
  const text = (field: string): string => String(body[field]);
  switch (name) {
    case 'list-goods':
      return { record: `goods ${key}`, version: Number(body.stock) };
    case 'customer':
      return { record: `customer ${text('name').slice(3)}`, version: Number(text('address').slice(2)) };
    case 'customer-relation':
      return {
        record: `customer_relation R-${text('target_enterprise_ID').slice(2)}`,
        version: Number(text('relation_ID')),
      };
    case 'customer-discount':
      return { record: `customer_discount ${text('relation_ID')}`, version: Number(text('discount')) };
    default:
      return undefined;
  }
}

function isBackwards({ record, version }: Seen, before: number): boolean {
  if (version >= before) return false;
  return !record.startsWith('customer_discount') || before - version < DISCOUNTS / 2;
}

function readNewest(state: SandboxState): Map<string, number> {
  const entries: [string, number][] = [
    ...Object.values(state.goods).map((each): [string, number] => [
      `goods ${each.goods_ID}`,
      Number(each.lastBody.stock),
    ]),
    ...Object.values(state.customers).map((each): [string, number] => [
      `customer ${each.name.slice(3)}`,
      Number(each.address.slice(2)),
    ]),
    ...Object.values(state.relations).map((each): [string, number] => [
      `customer_relation R-${each.target_enterprise_ID.slice(2)}`,
      Number(each.relation_ID),
    ]),
    ...Object.values(state.discounts).map((each): [string, number] => [
      `customer_discount ${each.relation_ID}`,
      each.discount,
    ]),
  ];
  const twice = entries.filter(([record], index) => entries.findIndex(([other]) => other === record) < index);
  return new Map([...entries, ...twice.map(([record]): [string, number] => [`${record} (twice)`, 1])]);
}

function differences(
  what: string,
  wanted: ReadonlyMap<string, number>,
  found: ReadonlyMap<string, number>,
): string[] {
  const records = new Set([...wanted.keys(), ...found.keys()]);
  return [...records]
    .filter((record) => wanted.get(record) !== found.get(record))
    .map(
      (record) =>
        `(c) ${what} of ${record}: the ERP has ${wanted.get(record)}, the platform ${found.get(record)}`,
    );
}

function countFaults(
  state: SandboxState,
  orders: ReadonlyMap<string, Order>,
  setOf: (entity: string) => ReadonlySet<string>,
): string[] {
  const all = Object.values(state.orders);
  const lines = Object.values(state.timestamps);
  const reminders = Object.values(state.reminders);
  // Lines, not orders, are counted: the platform may take one order's lines as two, when it acknowledged only some.
  const owed = sum([...orders.values()].map(({ lines: each }) => each));
  const total = (read: (order: (typeof all)[number]) => number): number => sum(all.map(read));
  return [
    ...unequal('order lines', owed, lines.length),
    ...unequal('effects of order lines', owed, sum(lines.map(({ effects }) => effects))),
    ...unequal('reminders', owed, reminders.length),
    ...unequal('effects of reminders', owed, sum(reminders.map(({ effects }) => effects))),
    ...unequal(
      'shipments',
      setOf('shipment').size,
      total(({ ships }) => ships),
    ),
    ...unequal(
      'receipts',
      setOf('receipt').size,
      total(({ receives }) => receives),
    ),
    ...unequal(
      'acceptances',
      setOf('order_acceptance').size,
      total(({ accepts }) => accepts),
    ),
    ...unequal(
      'return confirmations',
      setOf('return_confirmation').size,
      total(({ returnConfirms }) => sum(Object.values(returnConfirms))),
    ),
  ];
}

function unequal(what: string, wanted: number, found: number): string[] {
  return wanted === found
    ? []
    : [`(${wanted > found ? 'a' : 'b'}) ${what}: the ERP has ${wanted}, the platform ${found}`];
}
