import { z } from 'zod';
import { optionalText, text } from './fields.ts';
import {
  type Answer,
  type DeliveryContext,
  defineInterface,
  type Send,
  type Step,
  type Verdict,
} from './interface.ts';
import { opTypeOf } from './op-types.ts';
import { plainReply } from './replies.ts';

const rule = z.strictObject({
  enterpriseId: text(64),
  relationId: optionalText(64),
  goodsId: text(64),
  list: z.enum(['black', 'white'], { error: 'must be "black" or "white"' }),
});

type Rule = z.infer<typeof rule>;

const OP_TYPES = { add: 1, delete: 2 } as const;

/**
 * 接口 15, 商品黑白名单接口. **Provisional**: the document leaves its parameters empty. The body below follows the habits of
 * 接口 6 and stands in this file alone, so that the real one is a change of this file.
 */
export const goodsList = defineInterface<Rule>({
  number: 15,
  name: 'goods-list',
  title: '商品黑白名单接口',
  system: 'data',
  path: '/data/goods-list',
  kind: 'latest',
  opTypes: OP_TYPES,
  remark: {
    en: "**Provisional**: the platform's document leaves the parameters of this interface empty.",
    zh: '**暂定**：平台文档没有给出这个接口的参数。',
  },
  inDoubt: {
    en: 'Sent again: setting the same rule twice is the same as once, and so is taking it off.',
    zh: '重发：同一规则设置两次与一次相同，取消也一样。',
  },
  request: z.strictObject({
    op_type: z.number(),
    param: z.strictObject({
      enterprise_ID: z.string(),
      relation_ID: z.string(),
      goods_ID: z.string(),
      list_type: z.enum(['black', 'white']),
    }),
  }),
  reply: plainReply,
  push: {
    entity: 'goods_list_rule',
    record: rule,
    changeable: true,
    deletable: true,
    companyField: 'enterpriseId',
    next: nextRule,
    judge: judgeRule,
  },
});

/** A rule whose enterprise, relation or goods changed is taken off under the old ones before it is set anew. */
function nextRule(context: DeliveryContext<Rule>): Step {
  const { op, record, doubt, progress } = context;
  const old = boundRule(context);
  if (old !== undefined && identity(old) !== identity(record)) return send(context, 'remove-old', old);
  if (op === 'upsert') return send(context, 'set', record);
  if (old === undefined && !doubt && progress.removed !== true) {
    return { kind: 'nothing', reason: 'The platform does not hold this rule.' };
  }
  return send(context, 'remove', record);
}

function boundRule({ bound, progress }: DeliveryContext<Rule>): Rule | undefined {
  if (!bound?.present || progress.removed === true) return undefined;
  const result = rule.safeParse(bound.record);
  return result.success ? result.data : undefined;
}

function identity({ enterpriseId, relationId, goodsId }: Rule): string {
  return JSON.stringify([enterpriseId, relationId, goodsId]);
}

function send({ options }: DeliveryContext<Rule>, stage: string, record: Rule): Send {
  const op_type = opTypeOf(
    options,
    { via: 'goods-list', standard: OP_TYPES },
    stage === 'set' ? 'add' : 'delete',
  );
  const param = {
    enterprise_ID: record.enterpriseId,
    relation_ID: record.relationId,
    goods_ID: record.goodsId,
    list_type: record.list,
  };
  return { kind: 'send', via: 'goods-list', stage, body: { op_type, param } };
}

/** In doubt, a rule that is there already, or is off the list already, is what an earlier send did. */
function judgeRule({ op, doubt, progress }: DeliveryContext<Rule>, { stage }: Send, answer: Answer): Verdict {
  const mayBeDone = doubt || progress.removed === true;
  const done = answer.kind === 'accepted' || (mayBeDone && isDoneAlready(stage, answer));
  if (!done) return { kind: 'rejected', reason: answer.message };
  if (stage === 'remove-old' && op === 'upsert') {
    return { kind: 'continue', progress: { removed: true }, doubt: false };
  }
  return { kind: 'accepted', present: stage === 'set' };
}

function isDoneAlready(stage: string, answer: Exclude<Answer, { kind: 'accepted' }>): boolean {
  return stage === 'set' ? answer.kind === 'duplicate' : /不存在|not exist|not found/i.test(answer.message);
}
