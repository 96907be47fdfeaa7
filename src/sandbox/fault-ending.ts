import type { Reply } from './define-interface.ts';
import type { EndingFault } from './faults.ts';

/** What goes over the wire at the end of a request. */
export type Ending =
  | { readonly kind: 'reply'; readonly reply: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'raw';
      readonly code: number;
      readonly contentType: string;
      readonly text: string;
      readonly retryAfter?: string | number | undefined;
    }
  | { readonly kind: 'half'; readonly reply: Reply }
  | { readonly kind: 'destroy' }
  | { readonly kind: 'hang'; readonly ms: number | undefined };

/** What a fault can do with a request: `perform` has the effect, `refuse` has none. */
export interface Possibilities {
  readonly perform: (lineLimit?: number) => Reply;
  readonly refuse: (msg: string) => Reply;
}

/** How a request ends under a fault. A fault that strikes before the effect never calls `perform`. */
export function endRequest(fault: EndingFault | undefined, { perform, refuse }: Possibilities): Ending {
  if (fault === undefined) return { kind: 'reply', reply: perform() };
  switch (fault.kind) {
    case 'busy':
      return { kind: 'reply', reply: refuse('系统繁忙,请稍后再试') };
    case 'reject':
      return { kind: 'reply', reply: refuse(fault.msg ?? '操作失败!') };
    case 'duplicate':
      return { kind: 'reply', reply: refuse(fault.msg ?? '操作失败!记录已存在') };
    case 'drop-before':
      return { kind: 'destroy' };
    case 'hang':
      return { kind: 'hang', ms: fault.ms };
    case 'status':
      return endWithStatus(fault, perform);
    case 'partial':
      return { kind: 'reply', reply: perform(fault.lines) };
    default:
      return endAfterEffect(fault, perform());
  }
}

type StatusFault = Extract<EndingFault, { kind: 'status' }>;

function endWithStatus({ code, retryAfter, effect }: StatusFault, perform: () => Reply): Ending {
  if (effect === true) perform();
  return { kind: 'raw', code, contentType: 'text/plain; charset=utf-8', text: `HTTP ${code}`, retryAfter };
}

type AfterFault = Exclude<EndingFault, { kind: 'reject' | 'duplicate' | 'hang' | 'status' | 'partial' }>;

function endAfterEffect(fault: AfterFault, reply: Reply): Ending {
  switch (fault.kind) {
    case 'hang-after':
      return { kind: 'hang', ms: fault.ms };
    case 'drop-after':
      return { kind: 'destroy' };
    case 'truncated':
      return { kind: 'half', reply };
    case 'garbage':
      return {
        kind: 'raw',
        code: 200,
        contentType: 'text/html; charset=utf-8',
        text: '<html>网关维护中</html>',
      };
    case 'no-status':
      return { kind: 'reply', reply: withoutStatus(reply) };
    case 'wrong-sec':
      return { kind: 'reply', reply: { ...reply, sec: 'not-the-sec' } };
    case 'string-status':
      return { kind: 'reply', reply: { ...reply, status: String(reply.status) } };
    case 'indexed-data':
      return { kind: 'reply', reply: withIndexedData(reply) };
    default:
      return { kind: 'reply', reply };
  }
}

function withoutStatus(reply: Reply): Readonly<Record<string, unknown>> {
  const { status: _status, ...rest } = reply;
  return rest;
}

/** The document prints the data of a paged query as `{ {…}, {…} }`; this is one way to make JSON of it. */
function withIndexedData(reply: Reply): Readonly<Record<string, unknown>> {
  return Array.isArray(reply.data) ? { ...reply, data: { ...reply.data } } : reply;
}
