import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readSummary } from '../../src/ledger/balance.ts';
import type { Fault } from '../../src/sandbox/sandbox.ts';
import { customer, goods, order, type Setup, startSetup } from '../support/running-agent.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { until } from '../support/until.ts';

const keys = fc.integer({ min: 0, max: 4 });

const change = fc.oneof(
  fc.tuple(keys, fc.integer({ min: 0, max: 9 })).map(([key, stock]) => goods(`G-${key}`, { stock })),
  keys.map((key) => goods(`G-${key}`, { price: 'none' })),
  keys.map((key) => ({ entity: 'goods', key: `G-${key}`, op: 'delete' as const })),
  fc.tuple(keys, fc.constantFrom('上海', '苏州')).map(([key, address]) => customer(`C-${key}`, { address })),
  keys.map((key) => ({ entity: 'customer', key: `C-${key}`, op: 'delete' as const })),
  fc.tuple(keys, fc.constantFrom('S1', 'S2')).map(([key, seller]) => order(`SO-${key}`, [seller])),
  fc.constant({ entity: 'invoice', key: 'X', payload: {} }),
);

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.constantFrom<Fault>(
    { kind: 'drop-after', rate: 0.3 },
    { kind: 'drop-before', rate: 0.3 },
    { kind: 'garbage', rate: 0.3 },
    { kind: 'busy', rate: 0.3 },
    { kind: 'reject', rate: 0.2, msg: '下单失败' },
    { kind: 'wrong-sec', rate: 0.2 },
    { kind: 'partial', lines: 1 },
  ),
);

const scenario = fc.array(
  fc.record({ changes: fc.array(change, { minLength: 1, maxLength: 15 }), fault: fc.option(fault) }),
  { minLength: 1, maxLength: 4 },
);

describeOnEachDialect('whatever changes and fails', (store) => {
  it('every change that was captured is accounted for, at any time, and nothing is at the platform twice', async () => {
    const setup: Setup = await startSetup(store, {
      env: { CTG_TIMEOUT_MS: '400', RETRY_MAX_DELAY_MS: '100' },
    });
    let ended = false;
    let looks = 0;
    const watching = (async () => {
      while (!ended) {
        const summary = await readSummary(setup.agent.database);
        expect(summary.difference).toBe(0);
        looks++;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    try {
      await fc.assert(
        fc.asyncProperty(scenario, async (steps) => {
          for (const step of steps) {
            setup.sandbox.setFaults(step.fault ? [step.fault] : []);
            await setup.change(...step.changes);
          }
          setup.sandbox.clearFaults();
          await setup.untilSettled();
          expect((await readSummary(setup.agent.database)).difference).toBe(0);
          expect(setup.sandbox.state().violations).toEqual([]);
        }),
        { numRuns: store.name === 'PGlite' ? 4 : 12, endOnFailure: true },
      );
      await until('the balance was looked at while it moved', () => looks > 10);
    } finally {
      ended = true;
      await watching.finally(() => setup.stop());
    }
  });
});
