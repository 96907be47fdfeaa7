import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { reasonInChinese } from '../../src/admin/console/reasons-in-chinese.ts';
import { INTERFACES } from '../../src/mappers/registry.ts';

const MANUAL = readFileSync(new URL('../../docs/operation.md', import.meta.url), 'utf8');

/** The first column of the table of reasons, names left out: `` `price: must be a number …` and the like ``. */
const LISTED = [...MANUAL.matchAll(/^\| (`.+?`) .*\| (?:rejected|held)/gm)]
  .flatMap(([, cell = '']) => cell.split('`, `'))
  .map((each) => each.replaceAll('`', '').trim());

/** The same with their names, as the ledger has them. */
const REASONS = [
  'price: must be a number, for example 12.5 or "12.50"',
  'payload: is empty, and there is no source map of goods to read the record with',
  'cannot be changed on the platform: it was placed already, and the platform has no interface to change it',
  'An order cannot be withdrawn on the platform: its document has no such interface.',
  "An earlier send's effect is unknown, and the platform now refuses: 卖家停业",
  "An earlier send's effect is unknown, and the platform refuses the query that would tell: 无权限",
  'The platform holds every line of this order but has not told its order number. Bind it.',
  'The platform took some lines of this order and refused the others: 卖家库存不足',
  "The platform says that this order's key is taken, though it was never sent: 重复",
  `The platform's id of the order "SO-1" is not known. Bind it, then try again.`,
  `The platform's id of the customer "C-1" is not known. Send that customer, or bind its id.`,
  'The platform confirmed the addition of "甲", but every such customer there belongs to another ERP customer. Bind the right id.',
  'The platform answered with the id O1, which belongs to order SO-1 already. Find out which of the two has it, and bind the right id to each.',
  'The database was restored from a backup: this may have been sent already, under a key that is not known any more. Look at the platform: if it is there, bind it (or drop this); if not, retry.',
  'Not delivered for 72 h. Last: The platform is busy: 系统繁忙',
  'The steps of this delivery led to no end.',
];

describe('reasons in Chinese', () => {
  it.each(REASONS)('has words for: %s', (reason) => {
    expect(reasonInChinese(reason)).toMatch(/\p{Script=Han}/u);
  });

  it('has them for all that the manual lists', () => {
    expect(LISTED.length).toBeGreaterThan(10);
    const fixed = (reason: string) => reason.split('…').map((part) => part.trim());
    const known = (reason: string) =>
      REASONS.some((each) => fixed(reason).every((part) => each.includes(part)));
    expect(LISTED.filter((reason) => !known(reason))).toEqual([]);
  });

  it('knows what interfaces say of deletions', () => {
    const sentences = INTERFACES.flatMap(({ push }) => push?.deletable ?? []).filter(
      (each) => typeof each === 'string',
    );
    expect(sentences.length).toBeGreaterThan(3);
    expect(sentences.filter((each) => reasonInChinese(each) === undefined)).toEqual([]);
  });

  it('knows what the check of a record says, field by field', () => {
    const unknown = INTERFACES.flatMap(({ push }) => {
      const bad = push ? [{}, everyField(push.schema, -1.5), everyField(push.schema, 'x'.repeat(300))] : [];
      return bad.flatMap((record) => {
        const parsed = push?.parse(record);
        return parsed && !parsed.ok ? [parsed.reason] : [];
      });
    }).filter((fault) => reasonInChinese(fault) === undefined);
    expect([...new Set(unknown)]).toEqual([]);
  });

  it('leaves the words of others as they are, also within its own', () => {
    expect(reasonInChinese('商品未审核')).toBeUndefined();
    expect(reasonInChinese('ordered by telephone')).toBeUndefined();
    expect(reasonInChinese('Not delivered for 72 h. Last: The platform is busy: 系统繁忙')).toBe(
      '72 小时没有送达。最近一次：平台忙：系统繁忙',
    );
    expect(reasonInChinese('price: must be greater than 0; name: is required and must be text')).toBe(
      'price：须大于 0；name：必填，须为文本',
    );
  });
});

/** The same value for each field that a record may have. */
function everyField(schema: { readonly shape?: unknown } | unknown, value: unknown): Record<string, unknown> {
  const shape: unknown = Reflect.get(Object(schema), 'shape');
  return Object.fromEntries(Object.keys(Object(shape)).map((name) => [name, value]));
}
