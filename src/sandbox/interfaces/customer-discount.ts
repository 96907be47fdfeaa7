import { z } from 'zod';
import { accepted, type Call, defineInterface, type Reply, refused } from '../define-interface.ts';
import { credentialFields, discount, identifier, looseIdentifier, pageFields } from '../field-shapes.ts';
import { joinKey } from '../key-index.ts';
import { answerPage, passes } from '../paging.ts';
import { relationName } from '../relation-names.ts';
import type { DiscountState } from '../sandbox-state.ts';
import { nextId, violate, type World } from '../world.ts';

const key = { enterprise_ID: identifier, relation_ID: identifier, goods_ID: identifier };

const write = z.strictObject({
  ...credentialFields,
  op_type: z.union([z.literal(1), z.literal(3)]),
  param: z.strictObject({ ...key, discount }),
});
const remove = z.strictObject({
  ...credentialFields,
  op_type: z.literal(2),
  param: z.strictObject({ ...key, discount: discount.optional() }),
});
const query = z.strictObject({
  ...credentialFields,
  ...pageFields,
  op_type: z.literal(4),
  param: z.strictObject({
    enterprise_ID: looseIdentifier.optional(),
    relation_ID: looseIdentifier.optional(),
    goods_ID: looseIdentifier.optional(),
    discount: discount.optional(),
  }),
});
const shape = z.discriminatedUnion('op_type', [write, remove, query]);

type Write = Call<z.infer<typeof write>>;
type Remove = Call<z.infer<typeof remove>>;
type Query = Call<z.infer<typeof query>>;

/** 接口 6, 客户折扣: one discount per (enterprise, relation, goods); goods_ID "*" stands for all goods. */
export const customerDiscount = defineInterface({
  number: 6,
  name: 'customer-discount',
  system: 'data',
  path: '/data/customer-discount',
  secIn: 'every reply',
  shape,
  act: (call) => {
    const { request } = call;
    if (request.op_type === 4) return queryDiscounts({ ...call, request });
    if (request.op_type === 2) return removeDiscount({ ...call, request });
    if (request.op_type === 1) return addDiscount({ ...call, request });
    return modifyDiscount({ ...call, request });
  },
});

function findDiscount({ world, request, account }: Write | Remove): DiscountState | undefined {
  const { enterprise_ID, relation_ID, goods_ID } = request.param;
  const key = joinKey(account, enterprise_ID, relation_ID, goods_ID);
  return world.discountsByKey.find(key, world.state.discounts)[0];
}

function addDiscount(call: Write): Reply {
  const { world, request, account } = call;
  const enterprise_ID = String(request.param.enterprise_ID);
  const relation_ID = String(request.param.relation_ID);
  const goods_ID = String(request.param.goods_ID);
  if (findDiscount(call) !== undefined) {
    violate(world, `discount of ${enterprise_ID}, relation ${relation_ID}, goods ${goods_ID} added twice`);
  }
  const id = nextId(world, 'D');
  world.state.discounts[id] = {
    id,
    account,
    enterprise_ID,
    relation_ID,
    goods_ID,
    discount: request.param.discount,
    sends: 1,
    effects: 1,
  };
  world.discountsByKey.add(joinKey(account, enterprise_ID, relation_ID, goods_ID), id);
  call.effect(id, request.param);
  return accepted('操作成功!');
}

function modifyDiscount(call: Write): Reply {
  const found = findDiscount(call);
  if (found === undefined) return refused('操作失败!客户折扣不存在');
  found.discount = call.request.param.discount;
  found.sends += 1;
  found.effects += 1;
  call.effect(found.id, call.request.param);
  return accepted('操作成功!');
}

function removeDiscount(call: Remove): Reply {
  const found = findDiscount(call);
  if (found === undefined) return refused('操作失败!客户折扣不存在');
  delete call.world.state.discounts[found.id];
  const key = joinKey(found.account, found.enterprise_ID, found.relation_ID, found.goods_ID);
  call.world.discountsByKey.remove(key, found.id);
  call.effect(found.id, call.request.param);
  return accepted('操作成功!');
}

function queryDiscounts({ world, request, account }: Query): Reply {
  const { enterprise_ID, relation_ID, goods_ID, discount: wanted } = request.param;
  const exact = enterprise_ID && relation_ID && goods_ID;
  const candidates = exact
    ? world.discountsByKey.find(joinKey(account, enterprise_ID, relation_ID, goods_ID), world.state.discounts)
    : Object.values(world.state.discounts);
  const records = candidates
    .filter((known) => known.account === account && passes(enterprise_ID, known.enterprise_ID))
    .filter((known) => passes(relation_ID, known.relation_ID) && passes(goods_ID, known.goods_ID))
    .filter((known) => wanted === undefined || wanted === known.discount)
    .map((known) => ({
      enterprise_ID: known.enterprise_ID,
      relation_ID: known.relation_ID,
      relation_name: relationName(known.relation_ID),
      goods_ID: known.goods_ID,
      goods_name: goodsName(world, known),
      discount: known.discount,
    }));
  const { pageNum, pageSize } = request;
  return answerPage({ records, pageNum, pageSize, pageSizeMax: world.settings.pageSizeMax });
}

function goodsName(world: World, { account, goods_ID }: DiscountState): string {
  if (goods_ID === '*') return '所有产品';
  const info = world.state.goods[`${account}/${goods_ID}`]?.lastBody.info;
  const named = typeof info === 'object' && info !== null && 'goods_name' in info;
  return named ? String(info.goods_name) : `商品${goods_ID}`;
}
