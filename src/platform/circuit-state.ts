/**
 * What a send said about its system: it works, it does not, nothing either way, or (`suspect`) that it answered, but in a
 * way that may lie with it or with this one record; `unused`: there was no send.
 */
export type SendResult = 'success' | 'failure' | 'neutral' | 'suspect' | 'unused';

/** What a circuit is set to. */
export type CircuitSettings = {
  /** Failures in a row that open the circuit. */
  readonly failureThreshold: number;
  /** The reset time after the first opening; each failed probe doubles it. */
  readonly baseMs: number;
  readonly capMs: number;
  /** How long a probe may stay silent before another takes its place. */
  readonly probeTimeoutMs: number;
  /** A system that took something so lately works: what it answers strangely is about the record. */
  readonly calmMs: number;
};

/**
 * Leave to send. `generation` says under which state it was given: a result that comes back under a later
 * one (a slow send from before the outage, a probe given up as lost) is old news and changes nothing.
 */
export type Permit = { readonly kind: 'go'; readonly probe: boolean; readonly generation: number };

/** Not now; ask again in `waitMs`. */
export type Wait = { readonly kind: 'wait'; readonly waitMs: number };

type Period = {
  readonly generation: number;
  /** Failures in a row. */
  readonly failures: number;
  /** The records whose answers were suspect, of those failures. */
  readonly suspects: readonly number[];
  /** When a send was last known to have succeeded. */
  readonly succeededAt: number;
  /** When the circuit came into this state, on the clock that is passed in. */
  readonly since: number;
};

/** The state of one circuit. `openings` counts how often it opened without a success in between. */
export type CircuitState =
  | (Period & { readonly state: 'closed' })
  | (Period & { readonly state: 'open'; readonly openings: number; readonly retryAt: number })
  | (Period & { readonly state: 'half-open'; readonly openings: number; readonly probeUntil: number });

/** The moment something happens: the time in ms, and a number from 0 up to 1 for the jitter. */
export type Moment = { readonly now: number; readonly random: number };

/** A circuit that nothing has happened to. */
export function closedCircuit(
  now: number,
  generation = 0,
  succeededAt = Number.NEGATIVE_INFINITY,
): CircuitState {
  return { state: 'closed', generation, failures: 0, suspects: [], succeededAt, since: now };
}

/** Someone wants to send: the next state, and the answer. */
export function enterCircuit(
  state: CircuitState,
  now: number,
  settings: CircuitSettings,
): { readonly state: CircuitState; readonly answer: Permit | Wait } {
  if (state.state === 'closed') return { state, answer: permit(state) };
  const dueAt = state.state === 'open' ? state.retryAt : state.probeUntil;
  if (now < dueAt) return { state, answer: { kind: 'wait', waitMs: waitUntil(dueAt, now, state, settings) } };
  const probing = startProbe(state, now, settings);
  return { state: probing, answer: permit(probing) };
}

/** What a send has reported, under which leave, and the record that it was about. */
export type Report = {
  readonly result: SendResult;
  readonly permit: Permit;
  readonly record?: number | undefined;
};

/**
 * A send has reported: the next state. Suspect answers open the circuit only when they are about different records, and
 * nothing has succeeded lately: else a record that always fails would shut its system for all others.
 */
export function recordResult(
  state: CircuitState,
  report: Report,
  moment: Moment,
  settings: CircuitSettings,
): CircuitState {
  if (report.permit.generation !== state.generation || state.state === 'open') return state;
  if (state.state === 'half-open') return recordProbe(state, report.result, moment, settings);
  if (report.result === 'neutral' || report.result === 'unused') return state;
  if (report.result === 'success') return { ...state, failures: 0, suspects: [], succeededAt: moment.now };
  const { result, record } = report;
  if (result === 'suspect') {
    const isCalm = moment.now - state.succeededAt < settings.calmMs;
    if (isCalm || (record !== undefined && state.suspects.includes(record))) return state;
    return count(
      { ...state, suspects: record === undefined ? [] : [...state.suspects, record] },
      moment,
      settings,
    );
  }
  return count(state, moment, settings);
}

function count(
  state: CircuitState & { readonly state: 'closed' },
  moment: Moment,
  settings: CircuitSettings,
): CircuitState {
  const failures = state.failures + 1;
  return failures < settings.failureThreshold
    ? { ...state, failures }
    : open({ ...state, failures }, 1, moment, settings);
}

/**
 * A neutral probe proves nothing, so the next one follows after the base time and the reset time does not grow. One that
 * was not sent has cost the system nothing: the next one follows at once. After an outage many jobs find their delivery
 * done, and would otherwise use up a second each.
 */
function recordProbe(
  state: CircuitState & { readonly state: 'half-open' },
  result: SendResult,
  moment: Moment,
  settings: CircuitSettings,
): CircuitState {
  if (result === 'success') return closedCircuit(moment.now, state.generation + 1, moment.now);
  if (result === 'failure' || result === 'suspect') {
    return open({ ...state, failures: state.failures + 1 }, state.openings + 1, moment, settings);
  }
  const retryAt = result === 'unused' ? moment.now : moment.now + settings.baseMs;
  const { openings } = state;
  return {
    ...period(state),
    state: 'open',
    generation: state.generation + 1,
    since: moment.now,
    openings,
    retryAt,
  };
}

/** Doubles with every opening up to the cap; the upper half is jitter, so that many agents do not probe at once. */
function open(
  before: Period,
  openings: number,
  { now, random }: Moment,
  settings: CircuitSettings,
): CircuitState {
  const fullMs = Math.min(settings.capMs, settings.baseMs * 2 ** (openings - 1));
  const retryAt = now + Math.round((fullMs * (1 + random)) / 2);
  return {
    ...period(before),
    state: 'open',
    generation: before.generation + 1,
    since: now,
    openings,
    retryAt,
  };
}

function period({ generation, failures, suspects, succeededAt, since }: Period): Period {
  return { generation, failures, suspects, succeededAt, since };
}

function startProbe(
  state: CircuitState & { readonly state: 'open' | 'half-open' },
  now: number,
  settings: CircuitSettings,
): CircuitState {
  const since = state.state === 'half-open' ? state.since : now;
  const { openings } = state;
  const probeUntil = now + settings.probeTimeoutMs;
  return {
    ...period(state),
    state: 'half-open',
    generation: state.generation + 1,
    since,
    openings,
    probeUntil,
  };
}

/** While a probe is out nobody knows when it ends, so whoever waits looks again after the base time at the latest. */
function waitUntil(dueAt: number, now: number, state: CircuitState, settings: CircuitSettings): number {
  const waitMs = Math.ceil(dueAt - now);
  return state.state === 'half-open' ? Math.min(waitMs, settings.baseMs) : waitMs;
}

function permit(state: CircuitState): Permit {
  return { kind: 'go', probe: state.state === 'half-open', generation: state.generation };
}
