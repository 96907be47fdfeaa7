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
import { CRUD, opTypeOf } from './op-types.ts';
import { hasMore, isObject, PAGE_SIZE, pagedReply, readText, rowsOf } from './replies.ts';
import { unverified } from './verified-once.ts';

const customer = z.strictObject({
  name: text(191),
  phone: optionalText(64),
  address: optionalText(255),
  trade: optionalText(128),
});

type Customer = z.infer<typeof customer>;
type Context = DeliveryContext<Customer>;

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
  opTypes: CRUD,
  inDoubt: {
    en: 'Verified by a query (op 4): by id where one is bound, else by name and phone; then sent again only if needed.',
    zh: '以查询（op 4）核实：已绑定编号的按编号查，否则按名称和电话查；确有必要才重发。',
  },
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
  reply: pagedReply,
  push: {
    entity: 'customer',
    record: customer,
    changeable: true,
    deletable: true,
    next: (context) => (context.op === 'delete' ? nextDeletion(context) : nextUpsert(context)),
    judge: judgeCustomer,
  },
  mirror: {
    request: ({ page, options }) => query({ options }, 'mirror', {}, page).body,
    read: (row) => {
      const id = readText(row, 'id');
      const fields = FIELDS.map((field) => [field, readText(row, field) ?? '']);
      return id === undefined
        ? undefined
        : { identity: [id], platformId: id, record: Object.fromEntries(fields) };
    },
    identify: (_record, platformId) => (platformId === undefined ? undefined : [platformId]),
  },
});

const FIELDS = ['name', 'phone', 'address', 'trade'] as const;
const IDENTITY = ['name', 'phone'] as const;

function boundId({ bound }: Context): string | undefined {
  return bound?.present ? bound.platformId : undefined;
}

/** The customer that was looked for, and so added, last: a newer state may have another name. */
function soughtOf({ progress }: Context): Customer | undefined {
  const result = customer.safeParse(progress.sought);
  return result.success ? result.data : undefined;
}

function nextDeletion(context: Context): Step {
  const { progress, doubt, record } = context;
  const id = boundId(context);
  if (id !== undefined && progress.gone !== true) {
    return doubt ? query(context, 'verify', { id }) : change(context, 'delete', id);
  }
  // An addition whose effect is unknown, or whose id is not known yet, must be found to be deleted.
  if (doubt || (progress.added === true && progress.chosen === undefined)) {
    return find(context, soughtOf(context) ?? record);
  }
  const chosen = progress.ours === true ? readText(progress, 'chosen') : undefined;
  if (chosen !== undefined) return change(context, 'delete', chosen);
  if (id !== undefined) return query(context, 'verify', { id });
  return { kind: 'nothing', reason: 'The platform does not hold this customer.' };
}

function nextUpsert(context: Context): Step {
  const { record, progress, doubt } = context;
  const id = boundId(context);
  if (id !== undefined && progress.gone !== true) {
    return doubt ? query(context, 'verify', { id }) : change(context, 'modify', id);
  }
  const sought = soughtOf(context) ?? record;
  if (doubt || (progress.added === true && progress.chosen === undefined)) return find(context, sought);
  if (typeof progress.chosen !== 'string') return find(context, record);
  if (progress.chosen !== '') return settleChosen(context, progress.chosen);
  if (progress.added === true) return notOurs(record);
  return isSame(sought, record, IDENTITY) ? change(context, 'add', '') : find(context, record);
}

function settleChosen(context: Context, chosen: string): Step {
  const { record, progress } = context;
  const asSought = isSame(soughtOf(context) ?? record, record, FIELDS);
  const same = asSought && isObject(progress.same) && progress.same[chosen] === true;
  return same ? { kind: 'settled', platformId: chosen } : change(context, 'modify', chosen);
}

function notOurs({ name }: Customer): Step {
  const reason = `The platform confirmed the addition of "${name}", but every such customer there belongs to another ERP customer. Bind the right id.`;
  return { kind: 'person', reason };
}

function change({ record, options }: Context, stage: 'add' | 'modify' | 'delete', id: string): Send {
  const { name, phone, address, trade } = record;
  const op_type = opTypeOf(options, { via: 'customer', standard: CRUD }, stage);
  return {
    kind: 'send',
    via: 'customer',
    stage,
    body: { op_type, param: { id, name, phone, address, trade } },
  };
}

function find(context: Context, { name, phone }: Customer): Send {
  const isSought = isSame(soughtOf(context) ?? context.record, { ...context.record, name, phone }, IDENTITY);
  return query(context, 'find', { name, phone }, isSought ? Number(context.progress.page ?? 1) : 1);
}

function query(
  { options }: Pick<Context, 'options'>,
  stage: string,
  filter: Partial<JsonObject>,
  page = 1,
): Send {
  const param = { id: '', name: '', phone: '', address: '', trade: '', ...filter };
  const op_type = opTypeOf(options, { via: 'customer', standard: CRUD }, 'query');
  const body = { op_type, param, pageNum: page, pageSize: PAGE_SIZE };
  return { kind: 'send', via: 'customer', stage, body, query: true };
}

function judgeCustomer(context: Context, send: Send, answer: Answer): Verdict {
  if (answer.kind !== 'accepted') return judgeRefusal(context, send, answer);
  switch (send.stage) {
    case 'find':
      return judgeFind(context, send, answer.reply);
    case 'verify':
      return judgeVerify(context, answer.reply);
    case 'add':
      return added(context);
    case 'delete':
      return { kind: 'accepted', present: false };
    default:
      return { kind: 'accepted', platformId: readText(context.progress, 'chosen') ?? boundId(context) };
  }
}

function added({ record, progress }: Context): Verdict {
  return { kind: 'continue', progress: { added: true, sought: record, ...lasting(progress) }, doubt: false };
}

/** What stays true to the end of the delivery. */
function lasting({ gone, asked }: JsonObject): JsonObject {
  return { ...(gone === true && { gone }), ...(asked === true && { asked }) };
}

function judgeRefusal(context: Context, send: Send, answer: Exclude<Answer, { kind: 'accepted' }>): Verdict {
  const { progress, doubt } = context;
  if (send.query === true && doubt) return unverified(context, answer.message);
  if (send.stage === 'add' && answer.kind === 'duplicate') return added(context);
  // Perhaps somebody deleted the bound customer at the platform: a query tells, once.
  if (send.stage === 'modify' && boundId(context) !== undefined && progress.asked !== true) {
    return { kind: 'continue', progress: { ...progress, asked: true }, doubt: true };
  }
  return { kind: 'rejected', reason: answer.message };
}

/** Collects the ids with this name and phone over all pages, then lets the first free one be chosen. */
function judgeFind(context: Context, send: Send, reply: JsonObject): Verdict {
  const { progress, doubt } = context;
  const page = Number(send.body.pageNum);
  const same = {
    ...(page > 1 && isObject(progress.same) ? progress.same : {}),
    ...matches(context, send, reply),
  };
  const kept = keptOf(context, send);
  if (hasMore(reply, page)) return { kind: 'continue', progress: { ...kept, same, page: page + 1 }, doubt };
  const ids = Object.keys(same).sort((a, b) => Number(same[b] === true) - Number(same[a] === true));
  if (ids.length > 0 || progress.added !== true) return { kind: 'choose', ids, progress: { ...kept, same } };
  const reason = 'The platform confirmed the addition but does not list the customer yet.';
  return { kind: 'later', reason, progress: kept, doubt: false };
}

function wantedOf({ record }: Context, { body }: Send): Customer {
  const { name, phone } = isObject(body.param) ? body.param : {};
  return { ...record, name: String(name), phone: String(phone) };
}

/** The ids of a page that have the name and phone that were asked for, and whether they have all the rest as well. */
function matches(context: Context, send: Send, reply: JsonObject): JsonObject {
  const wanted = wantedOf(context, send);
  const rows = rowsOf(reply).filter((row) => isSame(row, wanted, IDENTITY));
  const ids = rows.map((row) => [readText(row, 'id'), isSame(row, wanted, FIELDS)] as const);
  return Object.fromEntries(ids.flatMap(([id, all]) => (id === undefined ? [] : [[id, all] as const])));
}

/** What stays true after a find. What was found in doubt, or after an addition, is ours to delete. */
function keptOf(context: Context, send: Send): JsonObject {
  const { added: isAdded, ours } = context.progress;
  const isOurs = context.doubt || isAdded === true || ours === true;
  return {
    sought: wantedOf(context, send),
    ...(isAdded === true && { added: true }),
    ...(isOurs && { ours: true }),
    ...lasting(context.progress),
  };
}

function judgeVerify(context: Context, reply: JsonObject): Verdict {
  const id = boundId(context);
  const row = rowsOf(reply).find((candidate) => readText(candidate, 'id') === id);
  const asked = context.progress.asked === true ? { asked: true } : {};
  if (context.op === 'delete') {
    return row ? { kind: 'continue', progress: asked, doubt: false } : { kind: 'accepted', present: false };
  }
  if (!row) return { kind: 'continue', progress: { gone: true, ...asked }, doubt: false };
  return isSame(row, context.record, FIELDS)
    ? { kind: 'accepted', platformId: id }
    : { kind: 'continue', progress: asked, doubt: false };
}

function isSame(row: JsonObject, record: Customer, fields: readonly (keyof Customer)[]): boolean {
  return fields.every((field) => (readText(row, field) ?? '') === record[field]);
}
