import { customer, goods, order } from '../support/running-agent.ts';
import { between, type Random } from './random.ts';

/** One change of the ERP. */
export type Change = {
  readonly entity: string;
  readonly key: string;
  readonly payload: unknown;
};

/** What one writer of the ERP commits, in this order; each inner list is one transaction. */
export type Script = readonly (readonly Change[])[];

const WRITERS = 3;
/** Transactions of each writer in a round. */
export const TRANSACTIONS = 14;
/** Few keys, so that changes of one record meet each other. */
const HOT_KEYS = 5;

/** The newest version of each record that has versions; a version is never used twice. */
export type Versions = { next: number };

/**
 * What the ERP's writers commit in one round. A key belongs to one writer, so that the order of its changes is known.
 * Shipments are written before, with and after their orders.
 */
export function writeScripts(
  random: Random,
  { round, versions, transactions }: Pick<Place, 'round' | 'versions'> & { readonly transactions: number },
): Script[] {
  return Array.from({ length: WRITERS }, (_, writer) =>
    Array.from({ length: transactions }, (_, step) => transaction(random, { round, writer, step, versions })),
  );
}

type Place = {
  readonly round: number;
  readonly writer: number;
  readonly step: number;
  readonly versions: Versions;
};

function transaction(random: Random, place: Place): Change[] {
  return Array.from({ length: between(random, 1, 4) }, (_, index) => changesOf(random, place, index)).flat();
}

function changesOf(random: Random, place: Place, index: number): Change[] {
  const { writer, versions } = place;
  const version = versions.next++;
  const hot = `${writer}-${between(random, 1, HOT_KEYS)}`;
  const dice = random();
  if (dice < 0.3) return [goods(`G-${hot}`, { stock: version })];
  if (dice < 0.45) return [customer(`C-${hot}`, { address: `地址${version}` })];
  if (dice < 0.55) return [relation(hot, version)];
  if (dice < 0.65) return [discount(hot, version)];
  if (dice < 0.7) return [acceptance(place, index)];
  return placed(random, place, index);
}

function placed(random: Random, { round, writer, step }: Place, index: number): Change[] {
  const key = `SO-${round}-${writer}-${step}-${index}`;
  const sellers = ['S1', 'S2', 'S3'].slice(0, between(random, 1, 3));
  const own = order(key, sellers);
  const dice = random();
  if (dice < 0.5) return [own];
  return dice < 0.75 ? [own, shipment(key)] : [shipment(key), own];
}

function shipment(orderKey: string): Change {
  const payload = { orderKey, logisticsId: 'L1', logisticsName: '顺丰', logisticsOrder: `W-${orderKey}` };
  return { entity: 'shipment', key: `SH-${orderKey}`, payload };
}

/** The receipt of a shipment that has arrived. */
export function receipt(orderKey: string): Change {
  const payload = { orderKey, logisticsId: 'L1', logisticsName: '顺丰', logisticsOrder: `W-${orderKey}` };
  return { entity: 'receipt', key: `RC-${orderKey}`, payload };
}

/** The confirmation of a return that the platform's side has asked for. */
export function returnConfirmation(orderKey: string): Change {
  const payload = { companyId: '88', orderKey, goodsId: 'G-1', orderStatus: '60' };
  return { entity: 'return_confirmation', key: `RT-${orderKey}`, payload };
}

function acceptance({ round, writer, step }: Place, index: number): Change {
  const orderId = platformOrderId(`${round}-${writer}-${step}-${index}`);
  return { entity: 'order_acceptance', key: `AC-${orderId}`, payload: { companyId: '88', orderId } };
}

/** The id of an order that the platform's side made. */
export function platformOrderId(name: string): string {
  return `PX-${name}`;
}

function relation(key: string, version: number): Change {
  const payload = { enterpriseId: 'E1001', targetEnterpriseId: `T-${key}`, relationId: String(version) };
  return { entity: 'customer_relation', key: `R-${key}`, payload };
}

function discount(key: string, version: number): Change {
  const value = ((version % 9_999) + 1) / 100;
  const payload = {
    enterpriseId: 'E1001',
    relationId: `D-${key}`,
    goodsId: 'G-1',
    discount: value.toFixed(2),
  };
  return { entity: 'customer_discount', key: `D-${key}`, payload };
}
