import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Circuit,
  type CircuitOptions,
  type CircuitSnapshot,
  createCircuit,
  failureOf,
} from '../../src/platform/circuit.ts';
import type { Permit, SendResult } from '../../src/platform/circuit-state.ts';
import type { Outcome } from '../../src/platform/outcome.ts';

type Bench = {
  readonly circuit: Circuit;
  readonly changes: CircuitSnapshot[];
  /** Lets time pass. */
  pass(ms: number): void;
  /** Enters, and fails the test where there is no permit. */
  permit(): Permit;
  /** Sends once: enters and reports. */
  send(result: SendResult): void;
};

function bench(options: Partial<CircuitOptions> = {}): Bench {
  let now = 1_000_000;
  const changes: CircuitSnapshot[] = [];
  const circuit = createCircuit({
    now: () => now,
    random: () => 1,
    onChange: (snapshot) => changes.push(snapshot),
    ...options,
  });
  const permit = (): Permit => {
    const answer = circuit.enter();
    if (answer.kind === 'wait') throw new Error(`no permit for ${answer.waitMs} ms`);
    return answer;
  };
  const send = (result: SendResult): void => circuit.record(result, permit());
  const pass = (ms: number): void => {
    now += ms;
  };
  return { circuit, changes, permit, send, pass };
}

function opened(options: Partial<CircuitOptions> = {}): Bench {
  const made = bench(options);
  for (let failure = 0; failure < 5; failure += 1) made.send('failure');
  return made;
}

describe('a closed circuit', () => {
  it('lets everything through', () => {
    const { circuit } = bench();
    expect(Array.from({ length: 100 }, () => circuit.enter().kind)).not.toContain('wait');
    expect(circuit.snapshot()).toEqual({ state: 'closed', failures: 0, since: 1_000_000 });
  });

  it('opens at five failures in a row, which a success interrupts and a neutral result does not', () => {
    const { circuit, send } = bench();
    for (const result of ['failure', 'failure', 'failure', 'failure', 'success'] as const) send(result);
    for (const result of ['failure', 'neutral', 'failure', 'failure', 'neutral', 'failure'] as const)
      send(result);
    expect(circuit.snapshot()).toMatchObject({ state: 'closed', failures: 4 });
    send('failure');
    expect(circuit.snapshot()).toEqual({ state: 'open', failures: 5, since: 1_000_000, retryInMs: 1000 });
  });
});

describe('an open circuit', () => {
  it('lets nothing through and says how long to wait', () => {
    const { circuit, pass } = opened();
    expect(circuit.enter()).toEqual({ kind: 'wait', waitMs: 1000 });
    pass(999);
    expect(circuit.enter()).toEqual({ kind: 'wait', waitMs: 1 });
    expect(circuit.snapshot()).toMatchObject({ state: 'open', retryInMs: 1 });
    pass(5000);
    expect(circuit.snapshot()).toMatchObject({ state: 'open', retryInMs: 0 });
  });

  it('is not moved by sends that began before it opened', () => {
    const { circuit, permit } = bench();
    const permits = Array.from({ length: 8 }, permit);
    for (const early of permits) circuit.record('failure', early);
    expect(circuit.snapshot()).toMatchObject({ state: 'open', failures: 5 });
    const [slow] = permits as [Permit];
    circuit.record('success', slow);
    expect(circuit.snapshot()).toMatchObject({ state: 'open', failures: 5 });
  });

  it('lets one probe through after the reset time, and closes when it succeeds', () => {
    const { circuit, pass, permit, changes } = opened();
    pass(1000);
    const probe = permit();
    expect(probe.probe).toBe(true);
    expect(circuit.enter()).toEqual({ kind: 'wait', waitMs: 1000 });
    expect(circuit.snapshot()).toMatchObject({ state: 'half-open', failures: 5 });
    circuit.record('success', probe);
    expect(permit().probe).toBe(false);
    expect(permit().probe).toBe(false);
    expect(changes.map(({ state }) => state)).toEqual(['open', 'half-open', 'closed']);
  });

  it('doubles the reset time with every failed probe, up to the cap, and begins anew after a success', () => {
    const { circuit, pass, send } = opened();
    const waits: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      const { retryInMs = 0 } = circuit.snapshot();
      waits.push(retryInMs);
      pass(retryInMs);
      send('failure');
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    pass(30_000);
    send('success');
    for (let failure = 0; failure < 5; failure += 1) send('failure');
    expect(circuit.snapshot()).toMatchObject({ state: 'open', retryInMs: 1000 });
  });

  it('waits half of it at least: the rest is jitter', () => {
    expect(opened({ random: () => 0 }).circuit.snapshot()).toMatchObject({ retryInMs: 500 });
  });

  it('probes again after the base time when a probe proved nothing', () => {
    const { circuit, pass, send } = opened();
    pass(1000);
    send('failure');
    pass(2000);
    send('neutral');
    expect(circuit.snapshot()).toMatchObject({ state: 'open', failures: 6, retryInMs: 1000 });
    pass(1000);
    send('failure');
    expect(circuit.snapshot()).toMatchObject({ retryInMs: 4000 });
  });

  it('replaces a probe that never reports, and does not listen to it any more', () => {
    const { circuit, pass, permit } = opened({ probeTimeoutMs: 10_000 });
    pass(1000);
    const lost = permit();
    pass(9_500);
    expect(circuit.enter()).toEqual({ kind: 'wait', waitMs: 500 });
    pass(500);
    const replacement = permit();
    expect(replacement.probe).toBe(true);
    circuit.record('failure', lost);
    expect(circuit.snapshot()).toMatchObject({ state: 'half-open' });
    circuit.record('success', replacement);
    expect(circuit.snapshot()).toMatchObject({ state: 'closed' });
  });

  it('lets the next one probe at once when a probe was not sent', () => {
    const { circuit, pass, permit, send } = bench();
    for (const each of Array.from({ length: 5 }, permit)) circuit.record('failure', each);
    pass(1000);
    for (let job = 0; job < 20; job++) circuit.record('unused', permit());
    send('success');
    expect(circuit.snapshot()).toMatchObject({ state: 'closed', failures: 0 });
  });

  it('once closed again does not count failures from before', () => {
    const { circuit, pass, permit, send } = bench();
    const before = Array.from({ length: 10 }, permit);
    for (const early of before.slice(0, 5)) circuit.record('failure', early);
    pass(1000);
    send('success');
    for (const late of before.slice(5)) circuit.record('failure', late);
    expect(circuit.snapshot()).toMatchObject({ state: 'closed', failures: 0 });
  });
});

describe('answers that may be about the record', () => {
  it('do not open the circuit when they are about one and the same, however often', () => {
    const { circuit, permit } = bench();
    for (let attempt = 0; attempt < 50; attempt += 1) circuit.record('suspect', permit(), 7);
    expect(circuit.snapshot()).toMatchObject({ state: 'closed', failures: 1 });
  });

  it('do not open it while others succeed, and do so soon after nothing does any more', () => {
    const { circuit, permit, pass, send } = bench();
    send('success');
    for (let record = 0; record < 50; record += 1) circuit.record('suspect', permit(), record);
    expect(circuit.snapshot()).toMatchObject({ state: 'closed', failures: 0 });
    pass(2000);
    for (let record = 0; record < 5; record += 1) circuit.record('suspect', permit(), record);
    expect(circuit.snapshot()).toMatchObject({ state: 'open', failures: 5, retryInMs: 1000 });
    pass(1000);
    circuit.record('suspect', permit(), 9);
    expect(circuit.snapshot()).toMatchObject({ state: 'open', retryInMs: 2000 });
  });

  it('count with failures of the system itself', () => {
    const { circuit, permit, send } = bench();
    for (let failure = 0; failure < 4; failure += 1) send('failure');
    circuit.record('suspect', permit(), 1);
    expect(circuit.snapshot()).toMatchObject({ state: 'open' });
  });
});

describe('under any sequence of events', () => {
  type Step =
    | { readonly pass: number }
    | { readonly enter: true }
    | { readonly report: number; readonly result: SendResult };
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ pass: fc.integer({ min: 0, max: 3000 }) }),
    fc.constant({ enter: true as const }),
    fc.record({
      report: fc.nat(50),
      result: fc.constantFrom<SendResult>('success', 'failure', 'failure', 'suspect', 'neutral', 'unused'),
    }),
  );
  const steps = fc.array(step, { maxLength: 300, size: 'max' });
  const PROBE_TIMEOUT_MS = 2500;

  it('there is at most one live probe at a time, and nothing else goes while it is out', () => {
    fc.assert(
      fc.property(steps, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (sequence, dice) => {
        let now = 0;
        const options = {
          now: () => now,
          random: () => dice,
          probeTimeoutMs: PROBE_TIMEOUT_MS,
          failureThreshold: 2,
        };
        const circuit = createCircuit(options);
        const out: Permit[] = [];
        let liveProbe: { readonly permit: Permit; readonly until: number } | undefined;
        for (const event of sequence) {
          if ('pass' in event) now += event.pass;
          else if ('enter' in event) {
            const answer = circuit.enter();
            if (answer.kind === 'wait') {
              expect(answer.waitMs).toBeGreaterThan(0);
              continue;
            }
            if (liveProbe !== undefined) expect(now).toBeGreaterThanOrEqual(liveProbe.until);
            if (answer.probe) liveProbe = { permit: answer, until: now + PROBE_TIMEOUT_MS };
            out.push(answer);
          } else if (out.length > 0) {
            const [permit] = out.splice(event.report % out.length, 1) as [Permit];
            circuit.record(event.result, permit);
            if (permit === liveProbe?.permit) liveProbe = undefined;
          }
        }
      }),
    );
  });

  it('it never wedges: with time and working sends it closes', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        let now = 0;
        const circuit = createCircuit({ now: () => now, random: () => 0.5, failureThreshold: 1 });
        const out: Permit[] = [];
        for (const event of sequence) {
          if ('pass' in event) now += event.pass;
          else if ('enter' in event) {
            const answer = circuit.enter();
            if (answer.kind === 'go') out.push(answer);
          } else {
            const permit = out.pop();
            if (permit !== undefined) circuit.record(event.result, permit);
          }
        }
        now += 60_000;
        const answer = circuit.enter();
        expect(answer.kind).toBe('go');
        if (answer.kind === 'go') circuit.record('success', answer);
        expect(circuit.snapshot()).toMatchObject({ state: 'closed', failures: 0 });
      }),
    );
  });
});

describe('failureOf', () => {
  const coded = (kind: 'not-sent' | 'in-doubt', code: string): Outcome => ({ kind, code, message: '' });

  it.each<[Outcome, SendResult]>([
    [{ kind: 'accepted', reply: {} }, 'success'],
    [{ kind: 'duplicate', message: '', reply: {} }, 'success'],
    [{ kind: 'rejected', message: '', reply: {} }, 'success'],
    [{ kind: 'login-refused', message: '' }, 'success'],
    [{ kind: 'busy', message: '' }, 'neutral'],
    [coded('not-sent', 'ECONNREFUSED'), 'failure'],
    [coded('not-sent', 'ETIMEDOUT'), 'failure'],
    [coded('not-sent', 'ABORTED'), 'neutral'],
    [coded('not-sent', 'INSECURE_URL'), 'neutral'],
    [coded('not-sent', 'INVALID_URL'), 'neutral'],
    [coded('not-sent', 'CLOSED'), 'neutral'],
    [coded('in-doubt', 'ETIMEDOUT'), 'failure'],
    [coded('in-doubt', 'ECONNRESET'), 'failure'],
    [coded('in-doubt', 'UNREADABLE'), 'suspect'],
    [coded('in-doubt', 'TOO_LARGE'), 'suspect'],
    [coded('in-doubt', 'HTTP_500'), 'suspect'],
    [coded('in-doubt', 'HTTP_502'), 'failure'],
    [coded('in-doubt', 'HTTP_503'), 'failure'],
    [coded('in-doubt', 'HTTP_302'), 'neutral'],
    [coded('in-doubt', 'HTTP_404'), 'neutral'],
    [coded('in-doubt', 'WRONG_SEC'), 'neutral'],
  ])('of %o is %s', (outcome, result) => {
    expect(failureOf(outcome)).toBe(result);
  });
});
