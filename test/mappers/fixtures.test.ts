import { describe, expect, it } from 'vitest';
import type { PlatformInterface, Push, Send } from '../../src/mappers/interface.ts';
import { INTERFACES, interfaceNamed } from '../../src/mappers/registry.ts';
import { answerOf, outcomeOf } from './answer-of.ts';
import { contextOf, type Fixture, readFixtures, STANDARD_OPTIONS } from './read-fixtures.ts';

describe.each(INTERFACES)('$name', (target) => {
  const fixtures = readFixtures(target.name);

  it.each(fixtures)('$file: $fixture.title', ({ fixture }) => {
    if (fixture.reference) pollFixture(target, fixture);
    else if (fixture.record && target.push) pushFixture(target, target.push, fixture);
    else plainFixture(target, fixture);
  });

  it('has recorded documents of an accepted and a rejected answer', () => {
    const kinds = fixtures.flatMap(({ fixture }) => (fixture.reply ? [outcomeOf(fixture.reply).kind] : []));
    expect(kinds).toContain('accepted');
    expect(kinds.some((kind) => ['rejected', 'duplicate', 'login-refused'].includes(kind))).toBe(true);
    expect(fixtures.map(({ file }) => file)).toEqual(
      expect.arrayContaining(['accepted.json', 'rejected.json']),
    );
  });

  it('refuses request fields that the document does not have', () => {
    const request = fixtures.find(({ file }) => file === 'accepted.json')?.fixture.expectRequest;
    expect(target.request.safeParse(request).success).toBe(true);
    expect(target.request.safeParse({ ...request, surprise: 1 }).success).toBe(false);
  });
});

function pushFixture(target: PlatformInterface, push: Push, fixture: Fixture): void {
  const context = contextOf(target, fixture);
  const step = push.next(context);
  if (fixture.expectStep) {
    expect(step).toEqual(fixture.expectStep);
    const platformId = step.kind === 'settled' ? step.platformId : undefined;
    if (fixture.expectFollow) expect(push.follow(context, { platformId })).toEqual(fixture.expectFollow);
    return;
  }
  const send = asSend(step);
  expect(send.via).toBe(fixture.expectVia ?? target.name);
  expectBody(send.via, send.body, fixture);
  const outcome = outcomeOf(fixture.reply ?? {});
  const {
    expectOutcome = fixture.reply?.status === 0 || fixture.reply?.status === '0' ? 'accepted' : 'rejected',
  } = fixture;
  expect(outcome.kind).toBe(expectOutcome);
  const verdict = push.judge(context, send, answerOf(outcome, send));
  expect(verdict).toEqual(fixture.expectVerdict);
  if (fixture.expectFollow)
    expect(push.follow(context, { platformId: undefined })).toEqual(fixture.expectFollow);
}

function pollFixture(target: PlatformInterface, fixture: Fixture): void {
  const { reference = {}, reply = {}, expectReading, expectOutcome = 'accepted' } = fixture;
  expectBody(target.name, target.poll?.request(reference, STANDARD_OPTIONS), fixture);
  expect(outcomeOf(reply).kind).toBe(expectOutcome);
  if (expectReading !== undefined) expect(target.poll?.read(reply) ?? null).toEqual(expectReading);
}

function plainFixture(target: PlatformInterface, fixture: Fixture): void {
  expectBody(target.name, fixture.expectRequest, fixture);
  expect(outcomeOf(fixture.reply ?? {}).kind).toBe(fixture.expectOutcome);
}

/** The body is the fixture's, fits its interface's own schema, and the reply fits that interface as well. */
function expectBody(via: string, body: unknown, fixture: Fixture): void {
  const endpoint = interfaceNamed(via);
  expect(body).toEqual(fixture.expectRequest);
  expect(endpoint?.request.parse(body)).toEqual(fixture.expectRequest);
  expect(endpoint?.reply.parse(fixture.reply)).toEqual(fixture.reply);
}

function asSend(step: ReturnType<Push['next']>): Send {
  if (step.kind !== 'send') throw new Error(`Nothing is sent: ${JSON.stringify(step)}`);
  return step;
}
