import type { SandboxInterface } from './define-interface.ts';
import { confirmReturn } from './interfaces/confirm-return.ts';
import { customer } from './interfaces/customer.ts';
import { customerDiscount } from './interfaces/customer-discount.ts';
import { customerRelation } from './interfaces/customer-relation.ts';
import { goodsList } from './interfaces/goods-list.ts';
import { listGoods } from './interfaces/list-goods.ts';
import { login } from './interfaces/login.ts';
import { orderReminder } from './interfaces/order-reminder.ts';
import { placeOrder } from './interfaces/place-order.ts';
import { queryLogistics } from './interfaces/query-logistics.ts';
import { queryOrder } from './interfaces/query-order.ts';
import { queryReturn } from './interfaces/query-return.ts';
import { receive } from './interfaces/receive.ts';
import { register } from './interfaces/register.ts';
import { ship } from './interfaces/ship.ts';

/** All 15 interfaces of the document, in its order. */
export const sandboxInterfaces: readonly SandboxInterface[] = [
  register,
  login,
  listGoods,
  customer,
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
