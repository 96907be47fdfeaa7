import { z } from 'zod';
import { exactDiscount, fromHundredths, text, toHundredths } from './fields.ts';
import { defineInterface, type JsonObject, type MirroredRow, type MirrorPage } from './interface.ts';
import { type FieldScheme, identityOf, judgeByFields, nextByFields } from './known-by-fields.ts';
import { CRUD, opTypeOf } from './op-types.ts';
import { PAGE_SIZE, pagedReply, readText } from './replies.ts';

const customerDiscountRecord = z.strictObject({
  enterpriseId: text(64),
  relationId: text(64),
  goodsId: text(64),
  discount: exactDiscount,
});

type CustomerDiscount = z.infer<typeof customerDiscountRecord>;

const scheme: FieldScheme<CustomerDiscount> = {
  via: 'customer-discount',
  noun: 'discount',
  record: customerDiscountRecord,
  identity: ({ enterpriseId, relationId, goodsId }) => ({
    enterprise_ID: enterpriseId,
    relation_ID: relationId,
    goods_ID: goodsId,
  }),
  param: (record) => ({ ...scheme.identity(record), discount: toHundredths(record.discount) }),
  filter: (identity) => ({ ...identity }),
  isSame: (row, record) => Number(readText(row, 'discount')) === toHundredths(record.discount),
};

/**
 * 接口 6, 客户折扣: one discount for each (enterprise, relation, goods), in hundredths of 折 (98.50折 → 9850); goods `*` are
 * all goods. The platform knows it by these three, since no reply carries an id.
 */
export const customerDiscount = defineInterface<CustomerDiscount>({
  number: 6,
  name: 'customer-discount',
  title: '客户折扣',
  system: 'data',
  path: '/data/customer-discount',
  kind: 'latest',
  opTypes: CRUD,
  inDoubt: {
    en: 'Verified by a query (op 4) for enterprise, relation and goods, page by page; then sent again only if needed.',
    zh: '以查询（op 4）按企业、关系、商品逐页核实；确有必要才重发。',
  },
  request: z.strictObject({
    op_type: z.number(),
    param: z.strictObject({
      enterprise_ID: z.string(),
      relation_ID: z.string(),
      goods_ID: z.string(),
      discount: z.number().int().optional(),
    }),
    pageNum: z.number().optional(),
    pageSize: z.number().max(PAGE_SIZE).optional(),
  }),
  reply: pagedReply,
  push: {
    entity: 'customer_discount',
    record: customerDiscountRecord,
    changeable: true,
    deletable: true,
    companyField: 'enterpriseId',
    next: (context) => nextByFields(scheme, context),
    judge: (context, send, answer) => judgeByFields(scheme, context, { send, answer }),
  },
  mirror: {
    request: discountsPage,
    read: readDiscount,
    identify: (record) => identityOf(record, ['enterpriseId', 'relationId', 'goodsId']),
  },
});

/** Goods `*` is a discount's own value here, so all discounts are those of any goods: the empty text. */
function discountsPage({ page, companyId, options }: MirrorPage): JsonObject | undefined {
  if (companyId === undefined) return undefined;
  const op_type = opTypeOf(options, { via: 'customer-discount', standard: CRUD }, 'query');
  const param = { enterprise_ID: companyId, relation_ID: '', goods_ID: '' };
  return { op_type, param, pageNum: page, pageSize: PAGE_SIZE };
}

function readDiscount(row: JsonObject): MirroredRow | undefined {
  const enterpriseId = readText(row, 'enterprise_ID');
  const relationId = readText(row, 'relation_ID');
  const goodsId = readText(row, 'goods_ID');
  if (enterpriseId === undefined || relationId === undefined || goodsId === undefined) return undefined;
  const hundredths = readText(row, 'discount') ?? '';
  const isNumber = hundredths !== '' && Number.isFinite(Number(hundredths));
  const discount = isNumber ? fromHundredths(Number(hundredths)) : hundredths;
  return {
    identity: [enterpriseId, relationId, goodsId],
    platformId: undefined,
    record: { enterpriseId, relationId, goodsId, discount },
  };
}
