/** The kinds of record that the ERP hands over. */
export const ENTITIES = [
  'goods',
  'customer',
  'customer_relation',
  'customer_discount',
  'order',
  'order_reminder',
  'order_acceptance',
  'shipment',
  'receipt',
  'return_request',
  'return_confirmation',
  'goods_list_rule',
  'registration',
] as const;

/** One kind of record of the ERP. */
export type Entity = (typeof ENTITIES)[number];

const KNOWN: ReadonlySet<string> = new Set(ENTITIES);

/** Whether a word names an entity. */
export function isEntity(word: string): word is Entity {
  return KNOWN.has(word);
}
