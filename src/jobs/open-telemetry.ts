import { type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Span, SpanFacts, Tracer } from './tracing.ts';

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };
const STOP_MS = 3_000;

/**
 * Sends spans to a collector (OTLP over HTTP), in batches and in the background; what it does not take is given up.
 * Nothing is registered globally: parents are handed on as texts, through the ledger, not through the call stack.
 */
export function openTelemetryTracer(options: {
  readonly endpoint: string;
  readonly agentId: string;
  readonly version: string;
}): Tracer {
  const exporter = new OTLPTraceExporter({ url: `${options.endpoint}/v1/traces`, timeoutMillis: STOP_MS });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'ctg-sync',
      'service.version': options.version,
      'service.instance.id': options.agentId,
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 1_000, maxQueueSize: 10_000 })],
  });
  const tracer = provider.getTracer('ctg-sync', options.version);
  return {
    start: (name, { parent, kind = 'internal', facts = {} }) => {
      const span = tracer.startSpan(
        name,
        { kind: KINDS[kind], attributes: defined(facts) },
        parentOf(parent),
      );
      return {
        traceparent: traceparentOf(span.spanContext()),
        end: (more = {}, error) => {
          span.setAttributes(defined(more));
          if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
          span.end();
        },
      } satisfies Span;
    },
    stop: () => provider.shutdown().catch(() => undefined),
  };
}

function defined(facts: SpanFacts): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, fact]) => (fact === undefined ? [] : [[name, fact]])),
  );
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

function parentOf(text: string | undefined): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  const parent = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return trace.setSpanContext(ROOT_CONTEXT, parent);
}

function traceparentOf(span: { traceId: string; spanId: string; traceFlags: number }): string {
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
}
