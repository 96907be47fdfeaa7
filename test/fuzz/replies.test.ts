import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadPlatformPaths } from '../../src/config/paths.ts';
import type { PlatformInterface, Push } from '../../src/mappers/interface.ts';
import { INTERFACES } from '../../src/mappers/registry.ts';
import { judgeReply, type Outcome } from '../../src/platform/outcome.ts';
import { contextOf, type Fixture, readFixtures } from '../mappers/read-fixtures.ts';
import { garbled, mutated } from './mutations.ts';

/** By hand, for more: `FUZZ_RUNS=2000 npx vitest run test/fuzz`. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 25);

const { patterns } = loadPlatformPaths(undefined);
const SEC = 'sandbox-sec';

function judgeText(body: string, httpStatus = 200): Outcome {
  const options = {
    patterns,
    verify: ({ sec }: { readonly sec?: unknown }) => sec === undefined || sec === SEC,
  };
  return judgeReply({ kind: 'reply', httpStatus, body, durationMs: 1 }, options);
}

/** Accepted is only what says so itself: a JSON object, status 0, and no other secret than the account's. */
function expectNoFalseAccept(body: string, outcome: Outcome): void {
  if (outcome.kind !== 'accepted') return;
  const read = JSON.parse(body) as Record<string, unknown>;
  expect(Number(read.status)).toBe(0);
  expect([undefined, SEC]).toContain(read.sec);
}

describe.each(INTERFACES)('answers to $name that are not as they should be', (target) => {
  const replies = readFixtures(target.name).flatMap(({ file, fixture }) =>
    fixture.reply ? [{ file, fixture }] : [],
  );

  it.each(replies)(
    '$file: mutated, they never break the agent and are never taken for more than they say',
    ({ fixture }) => {
      fc.assert(
        fc.property(mutated(fixture.reply), (reply) => {
          const body = JSON.stringify(reply) ?? '';
          const outcome = judgeText(body);
          expectNoFalseAccept(body, outcome);
          carryOn(target, fixture, outcome);
        }),
        { numRuns: RUNS },
      );
    },
  );

  it('garbled on the way, they are in doubt or what they were', () => {
    const text = JSON.stringify(replies[0]?.fixture.reply ?? {});
    fc.assert(
      fc.property(garbled(text), fc.constantFrom(200, 201, 302, 400, 404, 500, 503), (body, status) => {
        const outcome = judgeText(body, status);
        expectNoFalseAccept(body, outcome);
        if (status >= 300) expect(outcome.kind).not.toBe('accepted');
      }),
      { numRuns: RUNS * 2 },
    );
  });
});

/** What the engine does with an outcome: nothing of it may throw, whatever the platform wrote. */
function carryOn(target: PlatformInterface, fixture: Fixture, outcome: Outcome): void {
  if (fixture.reference) {
    if (outcome.kind === 'accepted') target.poll?.read({ ...outcome.reply });
    return;
  }
  if (fixture.record && target.push) judgeAndFollow(target, target.push, fixture, outcome);
}

function judgeAndFollow(target: PlatformInterface, push: Push, fixture: Fixture, outcome: Outcome): void {
  const context = contextOf(target, fixture);
  const send = push.next(context);
  if (send.kind !== 'send') return;
  if (outcome.kind !== 'accepted' && outcome.kind !== 'duplicate' && outcome.kind !== 'rejected') return;
  const verdict = push.judge(context, send, { ...outcome, reply: { ...outcome.reply } });
  if (verdict.kind === 'continue') {
    push.next({ ...context, progress: verdict.progress, doubt: verdict.doubt });
  }
  if (verdict.kind !== 'accepted') return;
  // What is accepted can be written down: ids are text that a column takes.
  const { platformId } = verdict;
  if (platformId !== undefined) expect(platformId.length).toBeLessThanOrEqual(191);
  JSON.stringify(push.follow({ ...context, progress: verdict.progress ?? {} }, { platformId }));
}
