import { describe, expect, it } from 'vitest';
import { displayWidth, pad, tableLines } from '../../src/demo/table.ts';

describe('a table in the terminal', () => {
  it('counts a Chinese character as two places', () => {
    expect(displayWidth('OE 号')).toBe(5);
    expect(displayWidth('机油滤清器')).toBe(10);
    expect(displayWidth('、')).toBe(2);
  });

  it('fills texts to a width, on the side that the column says', () => {
    expect(pad('火花塞', 8)).toBe('火花塞  ');
    expect(pad('9.50', 6, 'right')).toBe('  9.50');
    expect(pad('too long', 3)).toBe('too long');
  });

  it('sets columns as wide as their widest cell', () => {
    const lines = tableLines(
      [{ title: '名称' }, { title: '价', align: 'right' }],
      [
        ['MANN', '38.50'],
        ['博世', '9.00'],
      ],
    );
    expect(lines).toEqual(['名称     价', 'MANN  38.50', '博世   9.00']);
  });
});
