import type { Answer, DeliveryContext, JsonObject, Send, Step, Verdict } from './interface.ts';

/** What a refused query says of the effect that it asks for; it may depend on the platform's words. */
type RefusedQuery = 'absent' | 'unknown' | ((message: string) => 'absent' | 'unknown');

/** Words by which the platform says that what was asked for is not there, as against refusing to say. */
const NOT_THERE = /没有|不存在|未找到|查无|无此|未发货|not found|no such|does not exist/i;

/** Reads from a refused query's words whether what it asked for is not there. Other words leave it unknown. */
export function absentByWords(message: string): 'absent' | 'unknown' {
  return NOT_THERE.test(message) ? 'absent' : 'unknown';
}

/**
 * The next request of a change that may happen only once and that a query can tell: in doubt the query, else the
 * change. A refusal after doubt is verified too, because the first request may have arrived late.
 */
export function nextOnce(
  { doubt, progress }: Pick<DeliveryContext<unknown>, 'doubt' | 'progress'>,
  requests: { readonly change: Send; readonly verify: Omit<Send, 'stage' | 'query'> },
): Step {
  if (!doubt && progress.refused === undefined) return requests.change;
  return { ...requests.verify, stage: 'verify', query: true };
}

/** What an answer means for such a change. `stands` reads from the query's reply whether the effect is there. */
export function judgeOnce(
  context: DeliveryContext<unknown>,
  { send, answer }: { readonly send: Send; readonly answer: Answer },
  {
    stands,
    refusedQuery,
  }: { readonly stands: (reply: JsonObject) => boolean; readonly refusedQuery: RefusedQuery },
): Verdict {
  if (send.stage !== 'verify') return judgeChange(context, answer);
  if (answer.kind === 'accepted') return stands(answer.reply) ? { kind: 'accepted' } : absent(context);
  const said = typeof refusedQuery === 'function' ? refusedQuery(answer.message) : refusedQuery;
  return said === 'absent' ? absent(context) : unverified(context, answer.message);
}

function judgeChange({ progress }: DeliveryContext<unknown>, answer: Answer): Verdict {
  if (answer.kind === 'accepted') return { kind: 'accepted' };
  if (progress.doubted !== true) return { kind: 'rejected', reason: answer.message };
  return { kind: 'continue', progress: { doubted: true, refused: answer.message }, doubt: false };
}

function absent({ progress }: DeliveryContext<unknown>): Verdict {
  if (typeof progress.refused === 'string') return { kind: 'rejected', reason: progress.refused };
  return { kind: 'continue', progress: { doubted: true }, doubt: false };
}

/** A refused query leaves an earlier send's effect unknown: whether to go on is a person's to say. */
export function unverified(
  { progress }: Pick<DeliveryContext<unknown>, 'progress'>,
  message: string,
): Verdict {
  const reason = `An earlier send's effect is unknown, and the platform refuses the query that would tell: ${message}`;
  return { kind: 'person', reason, progress };
}
