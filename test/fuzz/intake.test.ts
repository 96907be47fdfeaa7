import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSummary } from '../../src/ledger/balance.ts';
import { type AdminSetup, startAdminSetup } from '../admin/running-admin.ts';
import { customer, goods } from '../support/running-agent.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { garbled, mutated } from './mutations.ts';

const RUNS = Number(process.env.FUZZ_RUNS ?? 25);

const TYPES = [
  'application/json',
  'application/x-ndjson',
  'application/json; charset=gbk',
  'application/json; charset=utf-16',
  'text/plain',
  'text/csv',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'image/png',
  'application/',
  '',
];

const bodies: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  mutated(goods('G-1')).map((value) => JSON.stringify(value) ?? ''),
  mutated([goods('G-1'), goods('G-2')]).map((value) => JSON.stringify(value) ?? ''),
  fc
    .array(mutated(goods('G-1')), { maxLength: 4 })
    .map((lines) => lines.map((line) => JSON.stringify(line)).join('\n')),
  mutated(customer('C-1')).map((value) => JSON.stringify(value) ?? ''),
  garbled(JSON.stringify(goods('G-1'))),
  fc.constant('entity,key,payload\ngoods,G-1,"{}"\n'),
  fc.constant(JSON.stringify(goods('G-1', { brand: 'x'.repeat(5_000_000) }))),
  fc.constant(JSON.stringify(customer('C-0', { phone: 'a\u0000b', name: '\ud800' }))),
  fc.constant(JSON.stringify(customer('C-2', { phone: '\udc00' }))),
  fc.constant(JSON.stringify(goods('G-\ud800', { name: '\udfff\u0000' }))),
  fc.uint8Array({ maxLength: 300 }),
);

describeOnEachDialect('what is handed in over HTTP', (store) => {
  let setup: AdminSetup;
  beforeAll(async () => {
    setup = await startAdminSetup(store);
  });
  afterAll(() => setup.stop());

  it('is stored whole, as many as the answer says, or refused in words; never an error of the agent', async () => {
    let stored = 0;
    await fc.assert(
      fc.asyncProperty(
        bodies,
        fc.constantFrom(...TYPES),
        fc.constantFrom(undefined, 'gzip', 'br', 'x'),
        async (body, type, encoding) => {
          const reply = await fetch(`${setup.url}/v1/changes`, {
            method: 'POST',
            headers: {
              'content-type': type,
              ...(encoding !== undefined && { 'content-encoding': encoding }),
            },
            body: typeof body === 'string' ? body : Buffer.from(body),
          });
          const text = await reply.text();
          expect(text).not.toMatch(/\n\s+at |node_modules/);
          expect(reply.status, text).toBeLessThan(500);
          const answer = JSON.parse(text);
          if (reply.status >= 300) {
            expect(answer.error.message).not.toBe('');
            return;
          }
          stored += answer.stored;
        },
      ),
      { numRuns: RUNS * 5 },
    );
    await setup.untilSettled();
    const { balance, difference } = await readSummary(setup.agent.database);
    expect(difference).toBe(0);
    expect(balance.captured).toBe(stored);
    expect(setup.sandbox.state().violations).toEqual([]);
  });
});
