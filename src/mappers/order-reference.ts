import { says, text } from './fields.ts';
import type { AskPerson } from './interface.ts';

/** How a record names its order: by the ERP's own number, or by the platform's. */
export const orderReferenceFields = {
  orderKey: text(191)
    .optional()
    .meta(
      says({
        en: "text, at most 191: the ERP's order; this or orderId",
        zh: '文本，最多 191 个字符：ERP 的订单号；与 orderId 二者至少给一个',
      }),
    ),
  orderId: text(128)
    .optional()
    .meta(
      says({
        en: "text, at most 128: the platform's order; this or orderKey",
        zh: '文本，最多 128 个字符：平台的订单号；与 orderKey 二者至少给一个',
      }),
    ),
};

type OrderReference = { readonly orderKey?: string | undefined; readonly orderId?: string | undefined };

/** Whether a record names its order in at least one way. */
export function namesOrder({ orderKey, orderId }: OrderReference): boolean {
  return orderKey !== undefined || orderId !== undefined;
}

/** What is said of a record that names no order. */
export const ORDER_MISSING = {
  path: ['orderKey'],
  error: "orderKey (the ERP order number) or orderId (the platform's) is required",
};

/** The order that must be placed before a record which names it by the ERP's number. */
export function neededOrder({ orderKey, orderId }: OrderReference): { entity: string; key: string }[] {
  return orderId === undefined && orderKey !== undefined ? [{ entity: 'order', key: orderKey }] : [];
}

/** The platform's id of the order that a record names. */
export function orderIdOf(context: {
  readonly record: OrderReference;
  readonly needed: readonly string[];
}): string | undefined {
  return context.record.orderId ?? context.needed[0];
}

/** The order was placed once, but its id is not known any more: nothing may be sent without it. */
export function orderUnknown({ orderKey }: OrderReference): AskPerson {
  const reason = `The platform's id of the order "${orderKey ?? ''}" is not known. Bind it, then try again.`;
  return { kind: 'person', reason };
}
