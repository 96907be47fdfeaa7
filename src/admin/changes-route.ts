import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { OutboxEntry } from '../erp/outbox.ts';
import { type Stored, storeChanges } from '../ledger/intake.ts';
import {
  type ChangeFault,
  changeSchema,
  LARGEST_CHANGE_BYTES,
  type ReadChange,
  readChange,
  readChangeLine,
  TOO_LARGE,
} from './change.ts';
import type { AdminContext } from './context.ts';
import { describes } from './openapi.ts';
import { Problem } from './problem.ts';

const LARGEST_BODY_BYTES = 64 * 1024 * 1024;
const OPERATION = describes({
  summary: 'Stores changes in the outbox, all of them or none; NDJSON has one a line',
  body: z.union([changeSchema, z.array(changeSchema)]),
  status: 202,
});
const SHOWN_FAULTS = 100;
const BATCH_CHANGES = 500;
const BATCH_BYTES = 4 * 1024 * 1024;

/**
 * A change as it lies in the body. Lines are read anew when they are stored, so that a large body is never in memory
 * as objects.
 */
type Body = {
  readonly place: 'index' | 'line';
  readonly changes: () => Iterable<{
    readonly at: number;
    readonly bytes: number;
    readonly read: ReadChange;
  }>;
};

/**
 * `POST /v1/changes`: stores changes in the outbox, all of them or none, and answers once they are committed. Takes one
 * change, an array, or NDJSON.
 */
export function addChangesRoute(app: FastifyInstance, context: AdminContext): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    const types = ['application/json', 'application/x-ndjson', 'application/ndjson', 'application/jsonl'];
    scope.addContentTypeParser(
      types,
      { parseAs: 'buffer', bodyLimit: LARGEST_BODY_BYTES },
      (_request, body, done) => done(null, body),
    );
    scope.post('/v1/changes', { bodyLimit: LARGEST_BODY_BYTES, ...OPERATION }, async (request, reply) => {
      const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const body = isLines(request) ? linesOf(raw) : arrayOf(raw);
      const count = requireSound(body);
      const key = idempotencyKey(request);
      const remembered = key === undefined ? undefined : { key, bodyHash: hash('sha256', raw, 'hex'), count };
      const span = context.tracer.start('POST /v1/changes', {
        parent: traceparent(request),
        kind: 'server',
        facts: { 'ctg.changes': count },
      });
      const batches = () => batchesOf(body, span.traceparent);
      const stored = await storeChanges(context.database, batches, remembered).catch((error: unknown) => {
        span.end({}, 'not stored');
        throw error;
      });
      span.end({ 'ctg.stored': stored.kind });
      context.relay.wake();
      const answer = { stored: requireStored(stored, key) };
      if (stored.kind === 'repeated') reply.header('idempotency-replayed', 'true');
      return reply.code(202).send(answer);
    });
  });
}

const NOT_UTF8 = {
  ok: false,
  faults: [{ field: '', problem: 'holds bytes that are not UTF-8', fix: 'Send the body as UTF-8.' }],
} as const;

function isLines(request: FastifyRequest): boolean {
  return /ndjson|jsonl/i.test(request.headers['content-type'] ?? '');
}

function arrayOf(raw: Buffer): Body {
  const value = parseBody(raw);
  const list = Array.isArray(value) ? value : [value];
  return {
    place: 'index',
    changes: function* () {
      for (const [at, change] of list.entries()) {
        const read = readChange(change);
        // A faulty one may be too deep to be written as text.
        const bytes = read.ok ? Buffer.byteLength(JSON.stringify(change)) : 0;
        const isLarge = bytes > LARGEST_CHANGE_BYTES;
        yield { at, bytes, read: isLarge ? { ok: false, faults: [TOO_LARGE] } : read };
      }
    },
  };
}

function parseBody(raw: Buffer): unknown {
  if (!isUtf8(raw)) {
    const message = 'The body is not UTF-8.';
    throw new Problem(400, { code: 'NOT_UTF8', message, fix: 'Send it as UTF-8, which JSON always is.' });
  }
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch (error) {
    throw new Problem(400, {
      code: 'NOT_JSON',
      message: `The body is not JSON: ${error instanceof Error ? error.message : String(error)}`,
      fix: 'Send one change, an array of changes, or NDJSON with content-type application/x-ndjson.',
    });
  }
}

function linesOf(raw: Buffer): Body {
  return {
    place: 'line',
    changes: function* () {
      let line = 0;
      for (let start = 0; start < raw.length; ) {
        const found = raw.indexOf(10, start);
        const end = found === -1 ? raw.length : found;
        const text = raw.toString('utf8', start, end).trim();
        line += 1;
        const read = isUtf8(raw.subarray(start, end)) ? readChangeLine(text) : NOT_UTF8;
        if (text !== '') yield { at: line, bytes: end - start, read };
        start = end + 1;
      }
    },
  };
}

/** Reads the whole body before anything is stored, and gives how many changes it has. */
function requireSound(body: Body): number {
  const faults: (ChangeFault & { readonly index?: number; readonly line?: number })[] = [];
  let count = 0;
  let faulty = 0;
  for (const { at, read } of body.changes()) {
    count += 1;
    if (read.ok) continue;
    faulty += 1;
    for (const fault of read.faults)
      if (faults.length < SHOWN_FAULTS) faults.push({ [body.place]: at, ...fault });
  }
  if (faulty > 0) {
    const text = {
      code: 'INVALID_CHANGES',
      message: `${faulty} of ${count} changes cannot be stored, so none was.`,
      fix: 'Correct what "faults" names, and send all of them again.',
    };
    throw new Problem(422, text, { faults });
  }
  if (count > 0 || body.place === 'index') return count;
  throw new Problem(422, {
    code: 'INVALID_CHANGES',
    message: 'The body is empty.',
    fix: 'Send one change a line.',
  });
}

function* batchesOf(body: Body, trace: string | undefined): Iterable<readonly OutboxEntry[]> {
  let batch: OutboxEntry[] = [];
  let size = 0;
  for (const { bytes, read } of body.changes()) {
    if (!read.ok) continue;
    if (batch.length === BATCH_CHANGES || (batch.length > 0 && size + bytes > BATCH_BYTES)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push({ ...read.entry, trace });
    size += bytes;
  }
  if (batch.length > 0) yield batch;
}

/** The caller's trace (W3C); one that is none begins no trace, and is no fault. */
function traceparent({ headers }: FastifyRequest): string | undefined {
  const { traceparent } = headers;
  return typeof traceparent === 'string' ? traceparent.trim() : undefined;
}

function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,191}$/.test(key.trim())) return key.trim();
  throw new Problem(422, {
    code: 'INVALID_IDEMPOTENCY_KEY',
    message: 'The Idempotency-Key is not 1 to 191 printable characters without blanks.',
    fix: 'Use for example a UUID.',
  });
}

function requireStored(stored: Stored, key: string | undefined): number {
  if (stored.kind !== 'other-body') return stored.count;
  throw new Problem(409, {
    code: 'IDEMPOTENCY_CONFLICT',
    message: `The Idempotency-Key ${key} was used for another body.`,
    fix: 'Use a new key for each new request; the same key only to repeat the same one.',
  });
}
