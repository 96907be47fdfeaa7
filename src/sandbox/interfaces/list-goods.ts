import { z } from 'zod';
import { accepted, defineInterface } from '../define-interface.ts';
import { credentialFields, decimal, filledText, identifier, text } from '../field-shapes.ts';
import type { Body, GoodsState } from '../sandbox-state.ts';
import { keepBody, type World } from '../world.ts';

/** 接口 3, 商品上架: the newest body of a (account, goods_ID) is what holds. */
export const listGoods = defineInterface({
  number: 3,
  name: 'list-goods',
  system: 'data',
  path: '/data/goods',
  secIn: 'every reply',
  shape: z.strictObject({
    ...credentialFields,
    oeid: filledText,
    stock: decimal,
    price: decimal,
    quality: text.optional(),
    info: z.strictObject({ goods_name: filledText, goods_ID: identifier, goods_brand: text.optional() }),
  }),
  act: ({ world, request, account, effect }) => {
    const { username: _username, password: _password, sec: _sec, ...body } = request;
    const goodsId = String(request.info.goods_ID);
    const goods = goodsOf(world, { account, goodsId, body });
    goods.sends += 1;
    goods.effects += 1;
    goods.lastBody = body;
    keepBody(goods.bodies, body);
    effect(goodsId, body);
    return accepted('上架商品成功');
  },
});

function goodsOf(
  world: World,
  { account, goodsId, body }: { readonly account: string; readonly goodsId: string; readonly body: Body },
): GoodsState {
  const key = `${account}/${goodsId}`;
  const known = world.state.goods[key];
  if (known !== undefined) return known;
  const goods = { account, goods_ID: goodsId, sends: 0, effects: 0, lastBody: body, bodies: [] };
  world.state.goods[key] = goods;
  return goods;
}
