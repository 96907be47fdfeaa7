import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Change,
  type Content,
  type Decision,
  decideLane,
  type LaneRules,
  type LaneState,
} from '../../src/ledger/decide.ts';

const hashes = ['a', 'b', 'c'];

const content: fc.Arbitrary<Content> = fc.oneof(
  fc.constantFrom(...hashes).map((hash): Content => ({ kind: 'record', json: `"${hash}"`, hash, raw: hash })),
  fc.constant<Content>({ kind: 'invalid', reason: 'price: is required', json: '{}' }),
  fc.constant<Content>({ kind: 'none' }),
);

const change: fc.Arbitrary<Change> = fc.record({
  op: fc.constantFrom('upsert', 'delete'),
  force: fc.boolean(),
  capturedAt: fc.constant(new Date(0)),
  content,
});

const state: fc.Arbitrary<LaneState> = fc.record({
  open: fc.option(
    fc.record({
      id: fc.constant(7),
      version: fc.integer({ min: 1, max: 9 }),
      state: fc.constantFrom('waiting', 'in_doubt', 'blocked', 'held'),
      op: fc.constantFrom('upsert', 'delete'),
      hash: fc.option(fc.constantFrom(...hashes), { nil: undefined }),
      record: fc.option(fc.constantFrom('"a"', '"b"'), { nil: undefined }),
    }),
    { nil: undefined },
  ),
  binding: fc.option(
    fc.record({
      present: fc.boolean(),
      hash: fc.option(fc.constantFrom(...hashes), { nil: undefined }),
      record: fc.option(fc.constantFrom('"a"', '"b"'), { nil: undefined }),
    }),
    { nil: undefined },
  ),
});

const rules: fc.Arbitrary<LaneRules> = fc.record({
  latest: fc.boolean(),
  changeable: fc.boolean(),
  deletable: fc.constantFrom<true | string>(true, 'cannot be withdrawn'),
});

const opened = (decisions: readonly Decision[]): Decision[] =>
  decisions.filter((each) => each.kind === 'insert' && each.state === 'waiting');

describe('what becomes of the changes of one record', () => {
  it('is one decision for every change, so that nothing captured is lost', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), state, rules, (changes, lane, how) => {
        expect(decideLane(changes, lane, how)).toHaveLength(changes.length);
      }),
    );
  });

  it('never opens a second delivery beside an open one', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), state, rules, (changes, lane, how) => {
        const openings = opened(decideLane(changes, lane, how)).length;
        expect(openings + (lane.open ? 1 : 0)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('ends, for the newest state, with what the last change says', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), state, (changes, lane) => {
        const last = changes.at(-1)?.content;
        const [final] = decideLane(changes, lane, { latest: true, changeable: true, deletable: true }).slice(
          -1,
        );
        if (final?.kind === 'insert' || final?.kind === 'absorb') {
          if (last?.kind === 'record') expect(final.hash).toBe(last.hash);
          else expect(final.change.op).toBe('delete');
        }
        if (last?.kind === 'invalid') expect(final?.kind).toBe('reject');
      }),
    );
  });

  it('never sends a record again that may not change once it was taken', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), state, (changes, lane) => {
        fc.pre(lane.binding?.present === true && lane.open === undefined);
        const decisions = decideLane(changes, lane, { latest: false, changeable: false, deletable: 'no' });
        expect(decisions.every((each) => each.kind !== 'insert' && each.kind !== 'absorb')).toBe(true);
      }),
    );
  });

  it('keeps the order of changes that are each sent: only the first may go, the others queue behind', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), state, (changes, lane) => {
        const decisions = decideLane(changes, lane, { latest: false, changeable: true, deletable: true });
        const inserts = decisions.filter((each) => each.kind === 'insert');
        inserts.forEach((each, index) => {
          expect(each.state).toBe(index === 0 && !lane.open ? 'waiting' : 'queued');
        });
      }),
    );
  });
});
