import { describe, expect, it } from 'vitest';
import { checkEndpoint } from '../../src/platform/endpoint-url.ts';

describe('checkEndpoint', () => {
  it.each([
    ['https://ctg.example/crm'],
    ['http://localhost:8080/crm'],
    ['http://127.0.0.1/crm'],
    ['http://127.9.8.7/crm'],
    ['http://127.1/crm'],
    ['http://[::1]:3000/crm'],
    ['HTTPS://CTG.EXAMPLE/crm'],
  ])('lets %s pass', (url) => {
    expect(checkEndpoint(url, false)).toMatchObject({ kind: 'usable' });
  });

  it.each([
    ['http://ctg.example/crm'],
    ['http://127.0.0.1.example/crm'],
    ['http://localhost.example/crm'],
    ['http://user:hunter2@10.0.0.1/crm'],
    ['http://0.0.0.0/crm'],
  ])('refuses %s, unless insecure addresses are allowed', (url) => {
    const refused = checkEndpoint(url, false);
    expect(refused).toMatchObject({ kind: 'refused', code: 'INSECURE_URL' });
    expect(JSON.stringify(refused)).not.toContain('hunter2');
    expect(checkEndpoint(url, true)).toMatchObject({ kind: 'usable' });
  });

  it.each([[''], ['ctg.example'], ['/crm'], ['file:///etc/passwd'], ['http://']])(
    'refuses %j always',
    (url) => {
      expect(checkEndpoint(url, true)).toMatchObject({ kind: 'refused', code: 'INVALID_URL' });
    },
  );
});
