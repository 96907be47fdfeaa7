/** Facts of a span. Ids and outcomes, never what a record holds. */
export type SpanFacts = Readonly<Record<string, string | number | boolean | undefined>>;

/** One step of a change's way, from its start to its end. */
export type Span = {
  /** What the next step names as its parent (W3C `traceparent`); undefined where nothing is traced. */
  readonly traceparent: string | undefined;
  /** `error`: the step failed, and why. */
  end(facts?: SpanFacts, error?: string): void;
};

/** How a span begins. */
export type SpanStart = {
  /** The step before (W3C `traceparent`). Without it, or when it is none, a new trace begins. */
  readonly parent: string | undefined;
  readonly kind?: 'server' | 'client' | 'internal';
  readonly facts?: SpanFacts;
};

/** Where spans are begun. It never throws, and nothing waits for it. */
export type Tracer = {
  start(name: string, start: SpanStart): Span;
  /** Gives what has ended to the collector, and ends. */
  stop(): Promise<void>;
};

const NO_SPAN: Span = { traceparent: undefined, end: () => undefined };

/** The tracer of an agent that traces nothing. */
export const noTracer: Tracer = { start: () => NO_SPAN, stop: async () => undefined };
