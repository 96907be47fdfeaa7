import { z } from 'zod';
import { accepted, type Call, defineInterface, type Reply, refused } from '../define-interface.ts';
import { credentialFields, identifier, looseIdentifier } from '../field-shapes.ts';

const shape = z.strictObject({
  ...credentialFields,
  op_type: z.union([z.literal(1), z.literal(2)]),
  param: z.strictObject({
    enterprise_ID: identifier,
    relation_ID: looseIdentifier.optional(),
    goods_ID: identifier,
    list_type: z.union([z.literal('black'), z.literal('white')]),
  }),
});

type RuleCall = Call<z.infer<typeof shape>>;

/**
 * 接口 15, 商品黑白名单接口. PROVISIONAL: the document leaves the parameters empty, this is the body that both sides
 * have agreed to pretend. None of its replies carries a `sec`.
 */
export const goodsList = defineInterface({
  number: 15,
  name: 'goods-list',
  system: 'data',
  path: '/data/goods-list',
  secIn: 'nowhere',
  shape,
  act: (call) => {
    const { enterprise_ID, relation_ID = '', goods_ID } = call.request.param;
    const key = [call.account, enterprise_ID, relation_ID, goods_ID].join('/');
    return call.request.op_type === 1 ? setRule(call, key) : removeRule(call, key);
  },
});

function setRule({ world, request, account, effect }: RuleCall, key: string): Reply {
  const known = world.state.listRules[key];
  world.state.listRules[key] = {
    account,
    list_type: request.param.list_type,
    lastBody: request.param,
    sends: (known?.sends ?? 0) + 1,
    effects: (known?.effects ?? 0) + 1,
  };
  effect(key, request.param);
  return accepted('设置成功!');
}

function removeRule({ world, request, effect }: RuleCall, key: string): Reply {
  if (world.state.listRules[key] === undefined) return refused('设置失败!名单不存在');
  delete world.state.listRules[key];
  effect(key, request.param);
  return accepted('设置成功!');
}
