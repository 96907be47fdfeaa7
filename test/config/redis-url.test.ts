import { expect, test } from 'vitest';
import { loadSettings } from '../../src/config/settings.ts';
import { faultNamesOf } from './faults-of.ts';

test.each([
  ['redis://localhost', { kind: 'single', url: 'redis://localhost' }],
  ['rediss://:p@h:6380/2', { kind: 'single', url: 'rediss://:p@h:6380/2' }],
  [
    'redis+sentinel://h1:26380,h2/main',
    {
      kind: 'sentinel',
      sentinels: [
        { host: 'h1', port: 26380 },
        { host: 'h2', port: 26379 },
      ],
      name: 'main',
    },
  ],
  [
    'redis+sentinel://ctg:p%40ss@h1/main/3',
    {
      kind: 'sentinel',
      sentinels: [{ host: 'h1', port: 26379 }],
      name: 'main',
      username: 'ctg',
      password: 'p@ss',
      db: 3,
    },
  ],
  [
    'redis+cluster://h1:7000,[::1]:7001,h3',
    {
      kind: 'cluster',
      nodes: [
        { host: 'h1', port: 7000 },
        { host: '::1', port: 7001 },
        { host: 'h3', port: 6379 },
      ],
      tls: false,
    },
  ],
  [
    'rediss+cluster://:p:q@h1',
    { kind: 'cluster', nodes: [{ host: 'h1', port: 6379 }], password: 'p:q', tls: true },
  ],
])('REDIS_URL may be %s', (url, target) => {
  expect(loadSettings({ REDIS_URL: url }).redis).toEqual(target);
});

test.each([
  'http://h',
  'redis://h/name',
  'redis+sentinel://h1',
  'redis+cluster://h1/2',
  'redis+cluster://',
  'redis+cluster://h1,,h2',
])('REDIS_URL may not be %s', (url) => {
  expect(faultNamesOf(() => loadSettings({ REDIS_URL: url }))).toEqual(['REDIS_URL']);
});
