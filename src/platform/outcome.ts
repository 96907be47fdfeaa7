import { plainText } from './plain-text.ts';
import { type ReadableReply, type Reply, readReply } from './reply-json.ts';
import type { WireReply, WireResult } from './transport.ts';

/** The outcomes of one send, which everything else speaks of. `message` is at most 500 characters and fit to be shown. */
export type Outcome =
  | { readonly kind: 'accepted'; readonly reply: Reply }
  | { readonly kind: 'duplicate'; readonly message: string; readonly reply: Reply }
  | { readonly kind: 'rejected'; readonly message: string; readonly reply: Reply }
  | { readonly kind: 'busy'; readonly message: string; readonly retryAfterMs?: number }
  | { readonly kind: 'login-refused'; readonly message: string }
  | { readonly kind: 'not-sent'; readonly code: string; readonly message: string }
  | { readonly kind: 'in-doubt'; readonly code: string; readonly message: string };

/** What the platform's `msg` means; a setting, because the document lists no error codes. */
export type MessagePatterns = {
  readonly duplicate: readonly RegExp[];
  readonly busy: readonly RegExp[];
  readonly login: readonly RegExp[];
};

/** What judging needs beside the result. */
export type JudgeOptions = {
  readonly patterns: MessagePatterns;
  /** Whether the reply's `sec` may be trusted (`Signer.verify` with the account's secret). */
  readonly verify: (reply: Reply) => boolean;
};

/**
 * Judges one send. Never throws, and never takes for accepted what is not a 2xx JSON object with `status` 0 and a
 * trusted `sec`; whatever cannot be read is in doubt, because the platform may have acted.
 */
export function judgeReply(result: WireResult, options: JudgeOptions): Outcome {
  if (result.kind !== 'reply') return { kind: result.kind, code: result.code, message: result.message };
  const { httpStatus } = result;
  if (httpStatus === 429 || (httpStatus === 503 && result.retryAfterMs !== undefined)) return busy(result);
  const read = httpStatus < 500 ? readReply(result.body) : undefined;
  if (httpStatus >= 200 && httpStatus < 300) return judgeSuccess(result, read, options);
  // A refusal in the platform's own words counts; a proxy's error page must never reject an order, nor accept one.
  return read !== undefined && httpStatus >= 300 && read.status !== 0
    ? judgeRead(result, read, options)
    : inDoubt(`HTTP_${httpStatus}`, `The reply has HTTP status ${httpStatus}`);
}

function judgeSuccess(result: WireReply, read: ReadableReply | undefined, options: JudgeOptions): Outcome {
  return read === undefined
    ? inDoubt('UNREADABLE', 'The reply is not a JSON object with a numeric status')
    : judgeRead(result, read, options);
}

function judgeRead(result: WireReply, { status, reply }: ReadableReply, options: JudgeOptions): Outcome {
  if (!options.verify(reply)) return inDoubt('WRONG_SEC', 'The reply carries another sec than the account');
  if (status === 0) return { kind: 'accepted', reply };
  const message = messageOf(reply);
  switch (meaningOf(message, options.patterns)) {
    case 'duplicate':
      return { kind: 'duplicate', message, reply };
    case 'busy':
      return withRetryAfter(message, result.retryAfterMs);
    case 'login':
      return { kind: 'login-refused', message };
    default:
      return { kind: 'rejected', message, reply };
  }
}

/**
 * Duplicate comes before login: 用户名已存在 speaks of a user as well, and is no refused login. Login comes before busy:
 * 密码错误,请重试 asks for another password, and retrying with this one could lock the account.
 */
function meaningOf(message: string, patterns: MessagePatterns): keyof MessagePatterns | 'other' {
  if (matchesAny(message, patterns.duplicate)) return 'duplicate';
  if (matchesAny(message, patterns.login)) return 'login';
  return matchesAny(message, patterns.busy) ? 'busy' : 'other';
}

/** `search`, because `test` with a global pattern goes on from where the last message matched. */
function matchesAny(message: string, patterns: readonly RegExp[]): boolean {
  return patterns.some((pattern) => message.search(pattern) !== -1);
}

function busy(result: WireReply): Outcome {
  const read = readReply(result.body);
  const message =
    read === undefined ? `The reply has HTTP status ${result.httpStatus}` : messageOf(read.reply);
  return withRetryAfter(message, result.retryAfterMs);
}

function withRetryAfter(message: string, retryAfterMs: number | undefined): Outcome {
  return retryAfterMs === undefined ? { kind: 'busy', message } : { kind: 'busy', message, retryAfterMs };
}

function messageOf(reply: Reply): string {
  const message = typeof reply.msg === 'string' ? plainText(reply.msg) : '';
  return message === '' ? `The reply has status ${String(reply.status)} and no msg` : message;
}

function inDoubt(code: string, message: string): Outcome {
  return { kind: 'in-doubt', code, message };
}
