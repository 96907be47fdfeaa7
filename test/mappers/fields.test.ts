import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import {
  amount,
  decimal,
  discount,
  exactDiscount,
  flag,
  fromHundredths,
  integer,
  optionalText,
  positive,
  text,
  toHundredths,
  toWireNumber,
} from '../../src/mappers/fields.ts';
import { interfaceFor } from '../../src/mappers/registry.ts';

/** An amount of up to 6 places and up to 15 digits, as a database prints it: `12.50`, `-0.000001`, `007`. */
const money = fc
  .tuple(
    fc.integer({ min: 0, max: 999_999_999 }),
    fc.integer({ min: 0, max: 999_999 }),
    fc.integer({ min: 0, max: 6 }),
  )
  .map(
    ([whole, part, places]) =>
      `${whole}${places === 0 ? '' : `.${String(part).padStart(6, '0').slice(0, places)}`}`,
  );

const hundredths = fc.integer({ min: 1, max: 10_000 });

describe('money', () => {
  it('is the same decimal again after the wire', () => {
    fc.assert(
      fc.property(money, (given) => {
        const wire = JSON.stringify({ price: toWireNumber(amount.parse(given)) });
        expect(new Decimal(JSON.parse(wire).price).eq(given)).toBe(true);
        expect(wire).toBe(`{"price":${new Decimal(given).toFixed()}}`);
      }),
    );
  });

  it('has one spelling, whatever the ERP writes, and reading it again changes nothing', () => {
    fc.assert(
      fc.property(money, fc.constantFrom('', ' ', '+', '0', '00'), (given, before) => {
        const kept = decimal.parse(given);
        expect(decimal.parse(`${before}${given}${given.includes('.') ? '0' : '.0'}`)).toBe(kept);
        expect(decimal.parse(Number(given))).toBe(kept);
        expect(decimal.parse(kept)).toBe(kept);
      }),
    );
  });

  it('never carries an artefact of floats to the wire', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 999_999 }), { minLength: 1, maxLength: 20 }),
        (cents) => {
          const sum = cents.reduce((total, each) => total + each / 100, 0);
          const exact = cents.reduce((total, each) => total + each, 0);
          expect(toWireNumber(decimal.parse(sum))).toBe(exact / 100);
        },
      ),
    );
    expect(JSON.stringify(toWireNumber(decimal.parse(0.1 + 0.2)))).toBe('0.3');
    expect(JSON.stringify(toWireNumber(decimal.parse('1e-6')))).toBe('0.000001');
    expect(toWireNumber(decimal.parse('0.0000005'))).toBe(0.000001);
  });

  it('is refused where a JSON number could not carry it exactly', () => {
    const long = fc.tuple(
      fc.bigInt({ min: 100_000_000_000n, max: 999_999_999_999_999n }),
      fc.integer({ min: 1, max: 999_999 }),
    );
    fc.assert(
      fc.property(long, ([whole, part]) => {
        const given = `${whole}.${String(part).padStart(6, '0')}`;
        const read = decimal.safeParse(given);
        if (read.success) expect(new Decimal(JSON.stringify(toWireNumber(read.data))).eq(given)).toBe(true);
        else expect(faultsOf(decimal, given)).toMatch(/at most 15/);
      }),
    );
  });
});

describe('a discount', () => {
  it('is exactly its hundredths, there and back', () => {
    fc.assert(
      fc.property(hundredths, (count) => {
        const given = fromHundredths(count);
        expect(toHundredths(exactDiscount.parse(given))).toBe(count);
        expect(toHundredths(exactDiscount.parse(Number(given)))).toBe(count);
        expect(fromHundredths(toHundredths(discount.parse(given)))).toBe(given);
      }),
    );
  });

  it('is always an integer from 1 to 10000 on an order line, rounded half up', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10_000, max: 100_000_000 }), (millionths) => {
        const wire = toHundredths(discount.parse(new Decimal(millionths).div(1_000_000).toFixed()));
        expect(wire).toBe(Math.floor((millionths + 5000) / 10_000));
      }),
    );
    expect(toHundredths(discount.parse('98.505'))).toBe(9851);
  });
});

describe('a faulty field', () => {
  const cases: [string, z.ZodType, unknown, RegExp][] = [
    ['a price in words', amount, 'abc', /must be a number such as 12\.50, not "abc"/],
    ['a price with a comma', amount, '1,50', /must be a number such as 12\.50/],
    ['an empty price', amount, '', /must be a number/],
    ['a price that is a list', amount, [], /must be a number, for example 12\.5/],
    ['a negative price', amount, '-0.01', /must not be negative; give 0 or more/],
    ['an amount of nothing', positive, '0', /must be greater than 0/],
    ['a huge price', amount, '1e15', /must be below 1000000000000000/],
    ['a discount of nothing', discount, '0.001', /from 0\.01 to 100, for example "98\.50"/],
    ['a discount above all', discount, '100.01', /from 0\.01 to 100/],
    [
      'a discount in thousandths',
      exactDiscount,
      '98.505',
      /at most two decimal places, for example "98\.50"/,
    ],
    ['a missing text', text(), undefined, /is required and must be text/],
    ['a blank text', text(), '  ', /is required and must not be empty/],
    ['a long text', text(3), 'abcd', /must have at most 3 characters/],
    ['an object as text', optionalText(), {}, /must be text/],
    ['neither yes nor no', flag, 'maybe', /must be true or false \(or 1 or 0\)/],
    ['a broken integer', integer, '1.5', /must be a whole number, for example 1/],
  ];

  it.each(cases)('%s is told with the fix', (_name, schema, given, message) => {
    expect(faultsOf(schema, given)).toMatch(message);
  });

  it('is told with its place in the record', () => {
    const read = interfaceFor('order')?.push?.parse({ companyId: 'E1', lines: [{ price: 'x' }] });
    expect(read).toMatchObject({ ok: false });
    expect(JSON.stringify(read)).toContain('lines.0.price: must be a number such as 12.50');
  });

  it('that is null is one that is missing', () => {
    const order = interfaceFor('shipment')?.push;
    const shipment = {
      orderId: null,
      orderKey: 'A1',
      logisticsId: 7,
      logisticsName: '顺丰',
      logisticsOrder: null,
    };
    expect(order?.parse(shipment)).toEqual({
      ok: false,
      reason: 'logisticsOrder: is required and must be text',
    });
    expect(order?.parse({ ...shipment, logisticsOrder: 'SF1', courier: { id: null } })).toMatchObject({
      ok: true,
    });
  });

  it('names both ways to name an order', () => {
    const read = interfaceFor('receipt')?.push?.parse({
      logisticsId: 1,
      logisticsName: 'a',
      logisticsOrder: 'b',
    });
    expect(JSON.stringify(read)).toContain('orderKey (the ERP order number) or orderId');
  });
});

describe('yes and no', () => {
  it.each([true, 1, '1', 'true', 'TRUE'])('%o is yes', (given) => expect(flag.parse(given)).toBe(true));
  it.each([false, 0, '0', 'false'])('%o is no', (given) => expect(flag.parse(given)).toBe(false));
});

function faultsOf(schema: z.ZodType, given: unknown): string {
  const read = schema.safeParse(given);
  return read.success ? '' : read.error.issues.map((each) => each.message).join('; ');
}
