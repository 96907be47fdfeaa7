import { loadPlatformPaths } from '../../src/config/paths.ts';
import type { Answer, JsonObject, Send } from '../../src/mappers/interface.ts';
import { judgeReply, type Outcome } from '../../src/platform/outcome.ts';

const { patterns } = loadPlatformPaths(undefined);

/** What the platform client makes of a reply, with the standard patterns. */
export function outcomeOf(reply: JsonObject): Outcome {
  return judgeReply(
    { kind: 'reply', httpStatus: 200, body: JSON.stringify(reply), durationMs: 1 },
    { patterns, verify: ({ sec }) => sec === undefined || sec === 'sandbox-sec' },
  );
}

/** The answer that the engine hands to `judge`. */
export function answerOf(outcome: Outcome, send: Send): Answer {
  if (outcome.kind === 'accepted') return { kind: 'accepted', reply: { ...outcome.reply } };
  if (outcome.kind === 'login-refused' && send.ownLogin === true) {
    return { kind: 'rejected', message: outcome.message, reply: {} };
  }
  if (outcome.kind !== 'duplicate' && outcome.kind !== 'rejected') {
    throw new Error(`No answer: ${JSON.stringify(outcome)}`);
  }
  return { ...outcome, reply: { ...outcome.reply } };
}
