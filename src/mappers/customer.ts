import { z } from 'zod';
import { optionalText, text } from './fields.ts';
import {
  type Answer,
  type DeliveryContext,
  defineInterface,
  type JsonObject,
  type Send,
  type Step,
  type Verdict,
} from './interface.ts';
import { isObject, plainReply, readText, rowsOf } from './replies.ts';

const customer = z.strictObject({
  name: text(191),
  phone: optionalText(64),
  address: optionalText(255),
  trade: optionalText(128),
});

type Customer = z.infer<typeof customer>;

/** Records a page (文档: 每页记录数, 最大50). */
const PAGE_SIZE = 50;

/**
 * 接口 4, 客户查增删改. The reply to an addition carries no id, so the customer is looked for by name and phone: before
 * the addition, so that one that the platform holds already is bound and not added twice, and after it, to learn the id.
 */
export const customerInterface = defineInterface<Customer>({
  number: 4,
  name: 'customer',
  title: '客户查增删改',
  system: 'crm',
  path: '/crm/customer',
  kind: 'latest',
  inDoubt: 'Verified by a query (op 4): by id where one is bound, else by name and phone; then sent again only if needed.',
  request: z.strictObject({
    op_type: z.number(),
    param: z.strictObject({
      id: z.string(),
      name: z.string(),
      phone: z.string(),
      address: z.string(),
      trade: z.string(),
    }),
    pageNum: z.number().optional(),
    pageSize: z.number().max(PAGE_SIZE).optional(),
  }),
  reply: plainReply.extend({ data: z.unknown().optional(), totalRecords: z.union([z.number(), z.string()]).optional() }),
  push: {
    entity: 'customer',
    record: customer,
    changeable: true,
    deletable: true,
    next: (context) => (context.op === 'delete' ? nextDeletion(context) : nextUpsert(context)),
    judge: judgeCustomer,
  },
});

const FIELDS = ['name', 'phone', 'address', 'trade'] as const;

function boundId({ bound }: DeliveryContext<Customer>): string | undefined {
  return bound?.present ? bound.platformId : undefined;
}

function nextDeletion(context: DeliveryContext<Customer>): Step {
  const id = boundId(context);
  if (id === undefined) return { kind: 'nothing', reason: 'The platform does not hold this customer.' };
  return context.doubt ? query('verify', { id }, 1) : change('delete', 2, id, context.record);
}

function nextUpsert(context: DeliveryContext<Customer>): Step {
  const { record, progress, doubt } = context;
  const id = boundId(context);
  if (id !== undefined && progress.gone !== true) {
    return doubt ? query('verify', { id }, 1) : change('modify', 3, id, record);
  }
  if (doubt || typeof progress.chosen !== 'string') {
    return query('find', { name: record.name, phone: record.phone }, Number(progress.page ?? 1));
  }
  if (progress.chosen === '') {
    return progress.added === true ? notOurs(record) : change('add', 1, '', record);
  }
  const same = isObject(progress.same) && progress.same[progress.chosen] === true;
  return same
    ? { kind: 'settled', platformId: progress.chosen }
    : change('modify', 3, progress.chosen, record);
}

function notOurs({ name }: Customer): Step {
  const reason = `The platform confirmed the addition of "${name}", but every such customer there belongs to another ERP customer. Bind the right id.`;
  return { kind: 'person', reason };
}

function change(stage: string, op: number, id: string, record: Customer): Send {
  const { name, phone, address, trade } = record;
  return { kind: 'send', via: 'customer', stage, body: { op_type: op, param: { id, name, phone, address, trade } } };
}

function query(stage: string, filter: Partial<JsonObject>, page: number): Send {
  const param = { id: '', name: '', phone: '', address: '', trade: '', ...filter };
  const body = { op_type: 4, param, pageNum: page, pageSize: PAGE_SIZE };
  return { kind: 'send', via: 'customer', stage, body, query: true };
}

function judgeCustomer(context: DeliveryContext<Customer>, send: Send, answer: Answer): Verdict {
  if (answer.kind === 'rejected') return { kind: 'rejected', reason: answer.message };
  switch (send.stage) {
    case 'find':
      return judgeFind(context, send, answer.reply);
    case 'verify':
      return judgeVerify(context, answer.reply);
    case 'add':
      return { kind: 'continue', progress: { added: true }, doubt: false };
    case 'delete':
      return { kind: 'accepted', present: false };
    default:
      return { kind: 'accepted', platformId: boundId(context) ?? readText(context.progress, 'chosen') };
  }
}

/** Collects the ids with this name and phone over all pages, then lets the first free one be chosen. */
function judgeFind(context: DeliveryContext<Customer>, send: Send, reply: JsonObject): Verdict {
  const { record, progress } = context;
  const rows = rowsOf(reply);
  const same: JsonObject = isObject(progress.same) && progress.page !== undefined ? { ...progress.same } : {};
  for (const row of rows) {
    const id = readText(row, 'id');
    if (id !== undefined && isSame(row, record, ['name', 'phone'])) same[id] = isSame(row, record, FIELDS);
  }
  const page = Number(send.body.pageNum);
  const kept = progress.added === true ? { added: true } : {};
  if (rows.length > 0 && page * PAGE_SIZE < Number(readText(reply, 'totalRecords') ?? 0)) {
    return { kind: 'continue', progress: { ...kept, same, page: page + 1 }, doubt: false };
  }
  const ids = Object.keys(same).sort((a, b) => Number(same[b] === true) - Number(same[a] === true));
  if (ids.length === 0 && progress.added === true) {
    return { kind: 'later', reason: 'The platform confirmed the addition but does not list the customer yet.', progress: kept, doubt: false };
  }
  return { kind: 'choose', ids, progress: { ...kept, same } };
}

function judgeVerify(context: DeliveryContext<Customer>, reply: JsonObject): Verdict {
  const id = boundId(context);
  const row = rowsOf(reply).find((candidate) => readText(candidate, 'id') === id);
  if (context.op === 'delete') {
    return row ? { kind: 'continue', progress: {}, doubt: false } : { kind: 'accepted', present: false };
  }
  if (!row) return { kind: 'continue', progress: { gone: true }, doubt: false };
  return isSame(row, context.record, FIELDS)
    ? { kind: 'accepted', platformId: id }
    : { kind: 'continue', progress: {}, doubt: false };
}

function isSame(row: JsonObject, record: Customer, fields: readonly (keyof Customer)[]): boolean {
  return fields.every((field) => (readText(row, field) ?? '') === record[field]);
}
