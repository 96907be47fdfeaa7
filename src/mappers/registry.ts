import { confirmReturn } from './confirm-return.ts';
import { customerInterface } from './customer.ts';
import { customerDiscount } from './customer-discount.ts';
import { customerRelation } from './customer-relation.ts';
import { goodsList } from './goods-list.ts';
import type { PlatformInterface } from './interface.ts';
import { listGoods } from './list-goods.ts';
import { login } from './login.ts';
import { orderReminder } from './order-reminder.ts';
import { placeOrder } from './place-order.ts';
import { queryLogistics } from './query-logistics.ts';
import { queryOrder } from './query-order.ts';
import { queryReturn } from './query-return.ts';
import { receive } from './receive.ts';
import { register } from './register.ts';
import { ship } from './ship.ts';

/** Every interface of the platform that the agent speaks, in the document's order. A new one is one line here. */
export const INTERFACES: readonly PlatformInterface[] = [
  register,
  login,
  listGoods,
  customerInterface,
  customerRelation,
  customerDiscount,
  orderReminder,
  placeOrder,
  queryOrder,
  ship,
  receive,
  queryLogistics,
  queryReturn,
  confirmReturn,
  goodsList,
];

const BY_NAME = new Map(INTERFACES.map((each) => [each.name, each]));
const BY_ENTITY = new Map(
  INTERFACES.flatMap((each) => (each.push ? [[each.push.entity, each] as const] : [])),
);

/** The interface called `name`, for example `place-order`. */
export function interfaceNamed(name: string): PlatformInterface | undefined {
  return BY_NAME.get(name);
}

/** The interface that carries records of `entity`, for example `order`. */
export function interfaceFor(entity: string): PlatformInterface | undefined {
  return BY_ENTITY.get(entity);
}
