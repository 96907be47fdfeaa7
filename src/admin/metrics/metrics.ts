import { Registry } from 'prom-client';
import type { Observer } from '../../jobs/observer.ts';
import { createCounters } from './counters.ts';

/** The metrics of one agent: where they are kept, and what its parts tell of what they do. */
export type Metrics = { readonly registry: Registry; readonly observer: Observer };

/** Opens the metrics of an agent. What is not counted but read (`gauges.ts`) joins them with the admin server. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  return { registry, observer: createCounters(registry) };
}
