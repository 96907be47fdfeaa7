import { z } from 'zod';
import { text } from './fields.ts';
import {
  type DeliveryContext,
  defineInterface,
  type JsonObject,
  type MirroredRow,
  type MirrorPage,
  type Step,
} from './interface.ts';
import { type FieldScheme, identityOf, judgeByFields, nextByFields } from './known-by-fields.ts';
import { CRUD, opTypeOf } from './op-types.ts';
import { PAGE_SIZE, pagedReply, readText } from './replies.ts';

const relation = z.strictObject({
  enterpriseId: text(64),
  targetEnterpriseId: text(64),
  relationId: text(64),
  customerKey: text(191).optional(),
});

type Relation = z.infer<typeof relation>;

const scheme: FieldScheme<Relation> = {
  via: 'customer-relation',
  noun: 'relation',
  record: relation,
  identity: ({ enterpriseId, targetEnterpriseId }) => ({
    enterprise_ID: enterpriseId,
    target_enterprise_ID: targetEnterpriseId,
  }),
  param: (record, needed) => ({
    id: needed[0] ?? '',
    enterprise_ID: record.enterpriseId,
    target_enterprise_ID: record.targetEnterpriseId,
    relation_ID: record.relationId,
  }),
  filter: (identity) => ({ id: '', ...identity, relation_ID: '' }),
  // The rows of a query do not show the customer's id, so a relation with one is modified to be sure: twice is as once.
  isSame: (row, record) =>
    record.customerKey === undefined && readText(row, 'relation_ID') === record.relationId,
};

/**
 * 接口 5, 客户关系. `id` is the customer's (CRM客户唯一标识), and no reply carries an id of the relation: the platform knows
 * it by its two enterprises.
 */
export const customerRelation = defineInterface<Relation>({
  number: 5,
  name: 'customer-relation',
  title: '客户关系',
  system: 'crm',
  path: '/crm/customer-relation',
  kind: 'latest',
  opTypes: CRUD,
  inDoubt: {
    en: 'Verified by a query (op 4) for the two enterprises, page by page; then sent again only if needed.',
    zh: '以查询（op 4）按两家企业逐页核实；确有必要才重发。',
  },
  request: z.strictObject({
    op_type: z.number(),
    param: z.strictObject({
      id: z.string(),
      enterprise_ID: z.string(),
      target_enterprise_ID: z.string(),
      relation_ID: z.string(),
    }),
    pageNum: z.number().optional(),
    pageSize: z.number().max(PAGE_SIZE).optional(),
  }),
  reply: pagedReply,
  push: {
    entity: 'customer_relation',
    record: relation,
    changeable: true,
    deletable: true,
    companyField: 'enterpriseId',
    needs: ({ customerKey }) => (customerKey === undefined ? [] : [{ entity: 'customer', key: customerKey }]),
    next: nextRelation,
    judge: (context, send, answer) => judgeByFields(scheme, context, { send, answer }),
  },
  mirror: {
    request: relationsPage,
    read: readRelation,
    identify: (record) => identityOf(record, ['enterpriseId', 'targetEnterpriseId']),
  },
});

/** 关系编号 `*` are all customers (文档, 接口 5). */
function relationsPage({ page, companyId, options }: MirrorPage): JsonObject | undefined {
  if (companyId === undefined) return undefined;
  const op_type = opTypeOf(options, { via: 'customer-relation', standard: CRUD }, 'query');
  const param = { id: '', enterprise_ID: companyId, target_enterprise_ID: '', relation_ID: '*' };
  return { op_type, param, pageNum: page, pageSize: PAGE_SIZE };
}

function readRelation(row: JsonObject): MirroredRow | undefined {
  const enterpriseId = readText(row, 'enterprise_ID');
  const targetEnterpriseId = readText(row, 'target_enterprise_ID');
  if (enterpriseId === undefined || targetEnterpriseId === undefined) return undefined;
  const relationId = readText(row, 'relation_ID') ?? '';
  return {
    identity: [enterpriseId, targetEnterpriseId],
    platformId: undefined,
    record: { enterpriseId, targetEnterpriseId, relationId },
  };
}

function nextRelation(context: DeliveryContext<Relation>): Step {
  const { customerKey } = context.record;
  if (context.op === 'upsert' && customerKey !== undefined && context.needed.length === 0) {
    const reason = `The platform's id of the customer "${customerKey}" is not known. Send that customer, or bind its id.`;
    return { kind: 'person', reason };
  }
  return nextByFields(scheme, context);
}
