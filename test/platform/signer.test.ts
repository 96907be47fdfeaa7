import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { staticSigner } from '../../src/platform/signer.ts';

describe('the static signer', () => {
  it('adds the secret as it is and leaves the body alone', () => {
    const body = { username: '13800000000', param: { order_id: 'A1' } };
    expect(staticSigner.sign(body, 's3cret')).toEqual({ ...body, sec: 's3cret' });
    expect(body).not.toHaveProperty('sec');
  });

  it('trusts a reply without sec, and one whose sec is the same', () => {
    expect(staticSigner.verify({ status: 0 }, 's3cret')).toBe(true);
    expect(staticSigner.verify({ status: 0, sec: 's3cret' }, 's3cret')).toBe(true);
    expect(staticSigner.verify({ sec: '密钥' }, '密钥')).toBe(true);
  });

  it('trusts no other sec, of any length or type', () => {
    for (const sec of [
      's3cre',
      's3crett',
      '',
      ' s3cret',
      null,
      undefined,
      0,
      NaN,
      [],
      ['s3cret'],
      { s3cret: 1 },
    ]) {
      expect(staticSigner.verify({ sec }, 's3cret')).toBe(false);
    }
  });

  it('trusts exactly what it signed', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (secret, other) => {
        expect(staticSigner.verify(staticSigner.sign({}, secret), secret)).toBe(true);
        expect(staticSigner.verify(staticSigner.sign({}, other), secret)).toBe(other === secret);
      }),
    );
  });
});
