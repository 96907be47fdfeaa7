import {
  type CircuitSettings,
  type CircuitState,
  closedCircuit,
  enterCircuit,
  type Permit,
  recordResult,
  type SendResult,
  type Wait,
} from './circuit-state.ts';
import type { Outcome } from './outcome.ts';

/** What a circuit shows of itself (`GET /v1/status`). */
export type CircuitSnapshot = {
  readonly state: CircuitState['state'];
  /** Failures in a row. */
  readonly failures: number;
  /** Time until the next probe, while open. */
  readonly retryInMs?: number;
  /** When it came into this state, on the clock that was passed in. */
  readonly since: number;
};

/** The circuit of one system. */
export type Circuit = {
  /** Asks for leave to send. Whoever gets a permit reports with it, whatever happens. */
  enter(): Permit | Wait;
  /**
   * Reports what the send said about the system, and which record (delivery) it was about. A permit that is no longer
   * current changes nothing.
   */
  record(result: SendResult, permit: Permit, about?: number): void;
  snapshot(): CircuitSnapshot;
};

/** Settings of `createCircuit`, and the clock and dice it uses. */
export type CircuitOptions = Partial<CircuitSettings> & {
  /** A monotonic clock, in ms. */
  readonly now: () => number;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** Told of each change of state, after it. */
  readonly onChange?: (snapshot: CircuitSnapshot) => void;
};

const DEFAULTS: CircuitSettings = {
  failureThreshold: 5,
  baseMs: 1_000,
  capMs: 30_000,
  probeTimeoutMs: 60_000,
  calmMs: 2_000,
};

/**
 * A circuit: closed it lets everything through; after five failures in a row (where the system answers, of five different
 * records, and two seconds after its last success) it opens and lets nothing through, then,
 * when the reset time is over, one probe at a time. A failed probe doubles the reset time, with jitter, up to the
 * cap; a lost one is replaced after `probeTimeoutMs`, which must exceed the longest send.
 */
export function createCircuit({ now, random, onChange, ...settings }: CircuitOptions): Circuit {
  const complete: CircuitSettings = { ...DEFAULTS, ...settings };
  let current = closedCircuit(now());
  const moveTo = (next: CircuitState): void => {
    const changed = next.state !== current.state;
    current = next;
    if (changed) onChange?.(snapshotOf(current, now()));
  };
  const enter = (): Permit | Wait => {
    const { state, answer } = enterCircuit(current, now(), complete);
    moveTo(state);
    return answer;
  };
  const record = (result: SendResult, permit: Permit, about?: number): void => {
    const report = { result, permit, record: about };
    moveTo(recordResult(current, report, { now: now(), random: random() }, complete));
  };
  return { enter, record, snapshot: () => snapshotOf(current, now()) };
}

function snapshotOf(state: CircuitState, now: number): CircuitSnapshot {
  const snapshot = { state: state.state, failures: state.failures, since: state.since };
  return state.state === 'open' ? { ...snapshot, retryInMs: Math.max(0, state.retryAt - now) } : snapshot;
}

/** Refusals of our own, before any connection: they say nothing about the system. */
const OWN_REFUSALS: ReadonlySet<string> = new Set(['ABORTED', 'INSECURE_URL', 'INVALID_URL', 'CLOSED']);
/** Doubts about one request or one account, from a system that answers. */
const SYSTEM_ANSWERS = /^(WRONG_SEC|HTTP_[34]\d\d)$/;
/** Answers that may come of one record: an error page of the system's own, or what nobody can read. */
const SUSPECT = /^(UNREADABLE|TOO_LARGE|HTTP_5(?!0[234])\d\d)$/;

/**
 * What an outcome says about its system: an answer that could be read is a success, whatever it says; no connection,
 * no whole reply, a 502, 503 or 504 a failure; another 5xx or an unreadable answer suspect; busy, and a doubt that concerns one path or account, neither.
 */
export function failureOf(outcome: Outcome): SendResult {
  switch (outcome.kind) {
    case 'accepted':
    case 'duplicate':
    case 'rejected':
    case 'login-refused':
      return 'success';
    case 'busy':
      return 'neutral';
    case 'not-sent':
      return OWN_REFUSALS.has(outcome.code) ? 'neutral' : 'failure';
    case 'in-doubt':
      if (SYSTEM_ANSWERS.test(outcome.code)) return 'neutral';
      return SUSPECT.test(outcome.code) ? 'suspect' : 'failure';
  }
}
