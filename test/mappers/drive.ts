import type { DeliveryContext, JsonObject, Push, Send, Step, Verdict } from '../../src/mappers/interface.ts';
import { interfaceFor } from '../../src/mappers/registry.ts';
import type { Fault } from '../../src/sandbox/sandbox.ts';
import { credentials } from '../sandbox/document-requests.ts';
import { type RunningSandbox, runSandbox } from '../sandbox/running-sandbox.ts';
import { answerOf, outcomeOf } from './answer-of.ts';
import { contextOf, type Fixture } from './read-fixtures.ts';

/** How an answer is lost: before the request has its effect, or after. */
export const LOSSES = ['drop-before', 'drop-after'] as const;

/** How a delivery ended: a step that sends nothing, or a verdict that leads to no other request. */
export type Ended = (Exclude<Step, Send> | Exclude<Verdict, { kind: 'continue' | 'choose' }>) & {
  /** The stages of its requests, in order. */
  readonly stages: readonly string[];
  readonly context: DeliveryContext<unknown>;
};

type Start = Omit<Fixture, 'title'> & { readonly entity: string; readonly taken?: readonly string[] };

/** A delivery's way through `next` and `judge`, over real HTTP, as the engine goes it; lost answers leave doubt. */
export async function drive(
  { sandbox, post }: RunningSandbox,
  { entity, taken = [], ...start }: Start,
): Promise<Ended> {
  const target = interfaceFor(entity);
  if (!target?.push) throw new Error(`Nothing carries ${entity}.`);
  const { push } = target;
  let context = contextOf(target, { title: '', ...start });
  const stages: string[] = [];
  for (let step = 0; step < 20; step++) {
    const next = push.next(context);
    if (next.kind !== 'send') return { ...next, stages, context };
    stages.push(next.stage);
    const reply = await exchange(post, next);
    if (reply === undefined) {
      context = { ...context, doubt: context.doubt || next.query !== true };
      continue;
    }
    const verdict = judge(push, context, next, reply);
    if (verdict.kind !== 'continue' && verdict.kind !== 'choose') return { ...verdict, stages, context };
    context = advance(context, verdict, taken);
  }
  throw new Error(`No end: ${stages.join(', ')}; ${sandbox.state().violations.join('; ')}`);
}

/** One request, with the account's credentials under the body's own; undefined when the answer was lost. */
async function exchange(post: RunningSandbox['post'], { via, body }: Send): Promise<JsonObject | undefined> {
  try {
    return (await (await post(via, { ...credentials, ...body })).json()) as JsonObject;
  } catch {
    return undefined;
  }
}

function judge(push: Push, context: DeliveryContext<unknown>, send: Send, reply: JsonObject): Verdict {
  return push.judge(context, send, answerOf(outcomeOf(reply), send));
}

function advance(
  context: DeliveryContext<unknown>,
  verdict: Extract<Verdict, { kind: 'continue' | 'choose' }>,
  taken: readonly string[],
): DeliveryContext<unknown> {
  if (verdict.kind === 'continue') return { ...context, progress: verdict.progress, doubt: verdict.doubt };
  const chosen = verdict.ids.find((id) => !taken.includes(id)) ?? '';
  return { ...context, doubt: false, progress: { ...verdict.progress, chosen } };
}

/** A sandbox that must never have been sent a request of the wrong form, nor anything contradictory. */
export async function runStrictly(work: (running: RunningSandbox) => Promise<void>): Promise<void> {
  const running = await runSandbox();
  await work(running);
  const words = running.sandbox.requests().map(({ reply }) => JSON.stringify(reply ?? null));
  const malformed = words.filter((each) => each.includes('参数错误') || each.includes('字段'));
  const { violations } = running.sandbox.state();
  if (malformed.length > 0 || violations.length > 0) {
    throw new Error(`The sandbox complains: ${[...malformed, ...violations].join('; ')}`);
  }
}

/** Loses the next answer of an interface: before the request has its effect, or after. */
export function loseAnswer({ sandbox }: RunningSandbox, name: string, kind: (typeof LOSSES)[number]): void {
  const fault: Fault = { interface: name, kind, times: 1 };
  sandbox.setFaults([fault]);
}

/** Places an order of one line for goods G1 and gives its platform id. */
export async function placeOrder(running: RunningSandbox): Promise<string> {
  const line = {
    goodsId: 'G1',
    sellerId: 'S1',
    sellerCompanyName: '卖方',
    goodsName: '刹车片',
    price: '10.10',
    amount: 2,
    discount: '98.50',
    totalPrice: '19.9',
  };
  const ended = await drive(running, { entity: 'order', record: { companyId: 'E1001', lines: [line] } });
  if (ended.kind !== 'settled') throw new Error(`The order was not placed: ${JSON.stringify(ended)}`);
  return ended.platformId ?? '';
}
