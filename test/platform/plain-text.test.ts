import { describe, expect, it } from 'vitest';
import { plainText, withoutUserInfo } from '../../src/platform/plain-text.ts';

describe('plainText', () => {
  it('removes control characters and keeps the rest', () => {
    expect(plainText(' 下单\u0000失败\r\n\u0085 🚗 ')).toBe('下单失败 🚗');
  });

  it('cuts at 500', () => {
    expect(plainText('x'.repeat(501))).toHaveLength(500);
  });
});

describe('withoutUserInfo', () => {
  it('takes user and password out of every URL', () => {
    expect(withoutUserInfo('no route to https://user:hunter2@ctg.example/crm or http://user@[::1]:1/')).toBe(
      'no route to https://ctg.example/crm or http://[::1]:1/',
    );
  });

  it('leaves other text alone', () => {
    expect(withoutUserInfo('mail a@b.example about https://ctg.example/a@b')).toBe(
      'mail a@b.example about https://ctg.example/a@b',
    );
  });
});
