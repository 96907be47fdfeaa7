import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../config/logger.ts';
import type { Refusal } from '../ledger/hand.ts';

/** What is said of a request that failed: what is wrong, and what to do. */
export type ProblemText = { readonly code: string; readonly message: string; readonly fix: string };

/** A request that cannot be done, as it is answered. `extra` goes beside `error` in the body. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly text: ProblemText;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(status: number, text: ProblemText, extra: Readonly<Record<string, unknown>> = {}) {
    super(text.message);
    this.status = status;
    this.text = text;
    this.extra = extra;
  }
}

/** The problem of a refusal by the ledger. */
export function problemOf({ code, message, fix }: Refusal): Problem {
  return new Problem(code === 'NOT_FOUND' ? 404 : 409, { code, message, fix });
}

/** Codes of a database or queue that does not answer: worth a retry by the caller. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EPIPE',
  '57P01',
  '57P03',
  '53300',
  'PROTOCOL_CONNECTION_LOST',
]);

/** Answers a failed request in one form, and logs what is the agent's own fault. */
export function answerError(logger: Logger) {
  return (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const problem = problemFrom(error, request, logger);
    return reply.code(problem.status).send({ error: problem.text, ...problem.extra });
  };
}

/** What is said of an error; what is the agent's own fault is logged. */
export function problemFrom(error: FastifyError | Error, request: FastifyRequest, logger: Logger): Problem {
  const problem = error instanceof Problem ? error : asProblem(error);
  if (problem.status >= 500) {
    logger.error(
      { method: request.method, route: request.routeOptions.url, err: error },
      'admin request failed',
    );
  }
  return problem;
}

function asProblem(error: Error): Problem {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (UNREACHABLE.has(code)) {
    return new Problem(503, {
      code: 'UNAVAILABLE',
      message: 'The database does not answer.',
      fix: 'Try again. If it lasts, check DATABASE_URL and the database itself (ctg-sync doctor).',
    });
  }
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  if (status >= 400 && status < 500) return clientFault(status, code, error.message);
  return new Problem(500, {
    code: 'INTERNAL',
    message: 'The agent met an error that it did not foresee.',
    fix: 'Look at its log; the request may be tried again.',
  });
}

function clientFault(status: number, code: string, message: string): Problem {
  switch (status) {
    case 413:
      return new Problem(413, {
        code: 'TOO_LARGE',
        message: 'The body is larger than this route takes.',
        fix: 'Send the changes in several requests.',
      });
    case 415:
      return new Problem(415, {
        code: 'UNSUPPORTED_MEDIA_TYPE',
        message: 'The body is of a type that this route does not read.',
        fix: 'Send content-type application/json; POST /v1/changes also takes application/x-ndjson.',
      });
    default:
      return new Problem(status, {
        code: code === '' ? 'BAD_REQUEST' : code,
        message,
        fix: 'Correct the request; see docs/http-api.md.',
      });
  }
}
