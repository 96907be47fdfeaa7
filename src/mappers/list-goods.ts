import { z } from 'zod';
import { amount, optionalText, text, toWireNumber } from './fields.ts';
import {
  type Answer,
  type DeliveryContext,
  defineInterface,
  type Nothing,
  type Send,
  type Verdict,
} from './interface.ts';
import { plainReply } from './replies.ts';

const goods = z.strictObject({
  goodsId: text(64),
  name: text(255),
  brand: optionalText(128),
  oeNumber: text(128),
  stock: amount,
  price: amount,
  quality: optionalText(64),
});

type Goods = z.infer<typeof goods>;

/**
 * 接口 3, 商品上架: lists one goods record, or brings the listed one up to date. The document has no way to take goods
 * off the list; a deletion lists the record with stock 0 (setting `CTG_GOODS_DELETE`).
 */
export const listGoods = defineInterface<Goods>({
  number: 3,
  name: 'list-goods',
  title: '商品上架',
  system: 'data',
  path: '/data/goods',
  kind: 'latest',
  inDoubt: {
    en: 'Sent again: listing the same state twice is the same as once.',
    zh: '重发：同一状态上架两次与一次相同。',
  },
  request: z.strictObject({
    oeid: z.string(),
    stock: z.number(),
    price: z.number(),
    quality: z.string(),
    info: z.strictObject({ goods_name: z.string(), goods_ID: z.string(), goods_brand: z.string() }),
  }),
  reply: plainReply,
  push: {
    entity: 'goods',
    record: goods,
    changeable: true,
    deletable: true,
    next: nextListing,
    judge: judgeListing,
  },
});

function nextListing({ op, record, options }: DeliveryContext<Goods>): Send | Nothing {
  if (op === 'delete' && options.goodsDelete === 'ignore') {
    return { kind: 'nothing', reason: 'Deleted goods are left on the list (CTG_GOODS_DELETE=ignore).' };
  }
  const body = {
    oeid: record.oeNumber,
    stock: op === 'delete' ? 0 : toWireNumber(record.stock),
    price: toWireNumber(record.price),
    quality: record.quality,
    info: { goods_name: record.name, goods_ID: record.goodsId, goods_brand: record.brand },
  };
  return { kind: 'send', via: 'list-goods', stage: 'list', body };
}

/** "Exists already" is the effect we wanted only if an earlier send may have had it; else this state was not taken. */
function judgeListing({ op, doubt }: DeliveryContext<Goods>, _send: Send, answer: Answer): Verdict {
  const done = answer.kind === 'accepted' || (answer.kind === 'duplicate' && doubt);
  return done ? { kind: 'accepted', present: op === 'upsert' } : { kind: 'rejected', reason: answer.message };
}
