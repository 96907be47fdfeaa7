/** One request to an interface, as it was and as it ended. */
export interface RecordedRequest {
  readonly sequence: number;
  /** ISO 8601. */
  readonly at: string;
  readonly interface: string;
  readonly number: number;
  /** The body, with passwords and sec masked. */
  readonly body: unknown;
  readonly faults: readonly string[];
  /** What the interface decided, masked; undefined when a fault struck before. It need not have been sent. */
  reply?: unknown;
  /** How it ended: "reply", "raw", "half", "destroy" or "hang"; undefined while it is under way. */
  ending?: string;
}

const MASK = '***';
const MASKED_KEYS: ReadonlySet<string> = new Set(['password', 'sec']);

/** A copy in which every password and sec, at any depth, is masked. */
export function maskSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskSecrets);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, inner]) => [key, MASKED_KEYS.has(key.toLowerCase()) ? MASK : maskSecrets(inner)]),
  );
}

const CAPACITY = 1000;

/** The last 1,000 requests. */
export class Recorder {
  readonly #ring: RecordedRequest[] = [];
  #sequence = 0;

  /** Starts a record; the caller fills in how it ends. */
  begin(request: Omit<RecordedRequest, 'sequence' | 'at'>): RecordedRequest {
    const sequence = this.#sequence;
    const record = { ...request, sequence: sequence + 1, at: new Date().toISOString() };
    this.#ring[sequence % CAPACITY] = record;
    this.#sequence = sequence + 1;
    return record;
  }

  /** Oldest first. */
  list(): RecordedRequest[] {
    const oldest = this.#sequence > CAPACITY ? this.#sequence % CAPACITY : 0;
    return [...this.#ring.slice(oldest), ...this.#ring.slice(0, oldest)];
  }

  clear(): void {
    this.#ring.length = 0;
    this.#sequence = 0;
  }
}
