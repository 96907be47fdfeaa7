import { customerInterface } from './customer.ts';
import type { PlatformInterface } from './interface.ts';
import { listGoods } from './list-goods.ts';
import { login } from './login.ts';
import { orderReminder } from './order-reminder.ts';
import { placeOrder } from './place-order.ts';
import { queryOrder } from './query-order.ts';

/** Every interface of the platform that the agent speaks, in the document's order. A new one is one line here. */
export const INTERFACES: readonly PlatformInterface[] = [
  login,
  listGoods,
  customerInterface,
  orderReminder,
  placeOrder,
  queryOrder,
];

const BY_NAME = new Map(INTERFACES.map((each) => [each.name, each]));
const BY_ENTITY = new Map(INTERFACES.flatMap((each) => (each.push ? [[each.push.entity, each] as const] : [])));

/** The interface called `name`, for example `place-order`. */
export function interfaceNamed(name: string): PlatformInterface | undefined {
  return BY_NAME.get(name);
}

/** The interface that carries records of `entity`, for example `order`. */
export function interfaceFor(entity: string): PlatformInterface | undefined {
  return BY_ENTITY.get(entity);
}
