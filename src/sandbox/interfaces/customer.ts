import { z } from 'zod';
import { accepted, type Call, defineInterface, type Reply, refused } from '../define-interface.ts';
import {
  credentialFields,
  filledText,
  identifier,
  looseIdentifier,
  pageFields,
  text,
} from '../field-shapes.ts';
import { joinKey } from '../key-index.ts';
import { answerPage, passes } from '../paging.ts';
import type { CustomerState } from '../sandbox-state.ts';
import { nextId, violate, type World } from '../world.ts';

const fields = {
  id: looseIdentifier.optional(),
  name: text.optional(),
  phone: text.optional(),
  address: text.optional(),
  trade: text.optional(),
};

const add = z.strictObject({
  ...credentialFields,
  op_type: z.literal(1),
  param: z.strictObject({ ...fields, name: filledText }),
});
const remove = z.strictObject({
  ...credentialFields,
  op_type: z.literal(2),
  param: z.strictObject({ ...fields, id: identifier }),
});
const modify = z.strictObject({
  ...credentialFields,
  op_type: z.literal(3),
  param: z.strictObject({ ...fields, id: identifier, name: filledText }),
});
const query = z.strictObject({
  ...credentialFields,
  ...pageFields,
  op_type: z.literal(4),
  param: z.strictObject(fields),
});
const shape = z.discriminatedUnion('op_type', [add, remove, modify, query]);

type CustomerCall<Shape extends z.ZodType> = Call<z.infer<Shape>>;

/**
 * 接口 4, 客户查增删改. The document prints no id in the reply to an add, so there is none; and adding the same
 * customer again makes a second record, which is how a double effect becomes visible.
 */
export const customer = defineInterface({
  number: 4,
  name: 'customer',
  system: 'crm',
  path: '/crm/customer',
  secIn: 'every reply',
  shape,
  act: (call) => {
    const { request } = call;
    if (request.op_type === 1) return addCustomer({ ...call, request });
    if (request.op_type === 2) return removeCustomer({ ...call, request });
    if (request.op_type === 3) return modifyCustomer({ ...call, request });
    return queryCustomers({ ...call, request });
  },
});

function addCustomer({ world, request, account, effect }: CustomerCall<typeof add>): Reply {
  const { name, phone = '', address = '', trade = '' } = request.param;
  const twin = named(world, account, name).find((known) => known.phone === phone);
  if (twin !== undefined) violate(world, `customer ${name} ${phone} added twice, first as ${twin.id}`);
  const id = nextId(world, 'C');
  world.state.customers[id] = { id, account, name, phone, address, trade, sends: 1, effects: 1 };
  world.customersByName.add(joinKey(account, name), id);
  effect(id, request.param);
  return accepted('操作成功!');
}

function named(world: World, account: string, name: string): CustomerState[] {
  return world.customersByName.find(joinKey(account, name), world.state.customers);
}

function findCustomer({ world, request, account }: CustomerCall<typeof remove>): CustomerState | undefined {
  const found = world.state.customers[String(request.param.id)];
  return found?.account === account ? found : undefined;
}

function removeCustomer(call: CustomerCall<typeof remove>): Reply {
  const found = findCustomer(call);
  if (found === undefined) return refused('操作失败!客户不存在');
  delete call.world.state.customers[found.id];
  call.world.customersByName.remove(joinKey(found.account, found.name), found.id);
  call.effect(found.id, {});
  return accepted('操作成功!');
}

function modifyCustomer(call: CustomerCall<typeof modify>): Reply {
  const { request } = call;
  const found = findCustomer({ ...call, request: { ...request, op_type: 2 } });
  if (found === undefined) return refused('操作失败!客户不存在');
  rename(call.world, found, request.param.name);
  found.phone = request.param.phone ?? found.phone;
  found.address = request.param.address ?? found.address;
  found.trade = request.param.trade ?? found.trade;
  found.sends += 1;
  found.effects += 1;
  call.effect(found.id, request.param);
  return accepted('操作成功!');
}

function rename(world: World, customer: CustomerState, name: string): void {
  world.customersByName.remove(joinKey(customer.account, customer.name), customer.id);
  world.customersByName.add(joinKey(customer.account, name), customer.id);
  customer.name = name;
}

function queryCustomers({ world, request, account }: CustomerCall<typeof query>): Reply {
  const { id, name, phone, address, trade } = request.param;
  const candidates = name ? named(world, account, name) : Object.values(world.state.customers);
  const records = candidates
    .filter((known) => known.account === account && passes(id, known.id))
    .filter((known) => passes(phone, known.phone) && passes(address, known.address))
    .filter((known) => passes(trade, known.trade))
    .map((known) => ({
      id: known.id,
      name: known.name,
      phone: known.phone,
      address: known.address,
      trade: known.trade,
    }));
  const { pageNum, pageSize } = request;
  return answerPage({ records, pageNum, pageSize, pageSizeMax: world.settings.pageSizeMax });
}
