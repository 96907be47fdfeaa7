import { noTracer, type Tracer } from './tracing.ts';

/** What a tracer is opened with. */
export type TracerOptions = {
  /** The collector, without a path; undefined: nothing is traced. */
  readonly endpoint: string | undefined;
  readonly agentId: string;
  readonly version: string;
};

/** Opens the tracer. OpenTelemetry is loaded only where it is wanted: it costs memory and time at the start. */
export async function openTracer({ endpoint, ...options }: TracerOptions): Promise<Tracer> {
  if (endpoint === undefined) return noTracer;
  const { openTelemetryTracer } = await import('./open-telemetry.ts');
  return openTelemetryTracer({ endpoint, ...options });
}
