import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNumber, readText, rowsOf } from '../../src/platform/reply-data.ts';

describe('rowsOf', () => {
  it('reads an array, one object, and an object keyed by index', () => {
    expect(rowsOf({ data: [{ id: 1 }, { id: 2 }] })).toEqual([{ id: 1 }, { id: 2 }]);
    expect(rowsOf({ data: { id: 1, name: 'x' } })).toEqual([{ id: 1, name: 'x' }]);
    expect(rowsOf({ data: { 10: { id: 3 }, 0: { id: 1 }, 2: { id: 2 } } })).toEqual([
      { id: 1 },
      { id: 2 },
      { id: 3 },
    ]);
    expect(rowsOf({ data: { '01': { id: 2 }, '00': { id: 1 } } })).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('reads an object that holds objects under names as one record', () => {
    expect(rowsOf({ data: { info: { id: 1 } } })).toEqual([{ info: { id: 1 } }]);
  });

  it('gives nothing where there are no records', () => {
    for (const data of [undefined, null, '', 'x', 0, true, [], {}, [null, 'x', [1]], { 0: null, 1: 'x' }]) {
      expect(rowsOf({ data })).toEqual([]);
    }
    expect(rowsOf({})).toEqual([]);
  });

  it('keeps the records of a mixed list', () => {
    expect(rowsOf({ data: [null, { id: 1 }, 'x', { id: 2 }] })).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.jsonValue(), (data) => Array.isArray(rowsOf({ data }))));
  });
});

describe('readText', () => {
  it('finds a key whatever its case, the exact one first', () => {
    expect(readText({ order_ID: 'A1' }, 'order_id')).toBe('A1');
    expect(readText({ companyid: 'C1' }, 'companyID')).toBe('C1');
    expect(readText({ order_ID: 'other', order_id: 'exact' }, 'order_id')).toBe('exact');
    expect(readText({ order_id: '', order_ID: 'A1' }, 'order_id')).toBe('A1');
  });

  it('gives numbers as text, trims, and takes the empty for missing', () => {
    expect(readText({ id: 42 }, 'id')).toBe('42');
    expect(readText({ id: 0 }, 'id')).toBe('0');
    expect(readText({ id: ' \u3000A1\n' }, 'id')).toBe('A1');
    for (const id of ['', '  ', null, undefined, {}, [], true, Number.NaN])
      expect(readText({ id }, 'id')).toBeUndefined();
  });

  it('does not find what every object inherits', () => {
    for (const key of ['constructor', 'toString', '__proto__']) expect(readText({}, key)).toBeUndefined();
  });
});

describe('readNumber', () => {
  it('reads numbers and numeric strings, and nothing else', () => {
    expect(readNumber({ order_Status: 2 }, 'order_status')).toBe(2);
    expect(readNumber({ n: ' 98.50 ' }, 'n')).toBe(98.5);
    expect(readNumber({ n: '-3' }, 'n')).toBe(-3);
    for (const n of ['', ' ', 'x', '1,5', '0x10', 'Infinity', '1e999', null, true, [], {}, undefined]) {
      expect(readNumber({ n }, 'n')).toBeUndefined();
    }
  });
});
