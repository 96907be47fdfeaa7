import { misread, type Reading, understood } from './reading.ts';

/** A host and port of a Sentinel or of a Cluster node. */
export type RedisNode = { readonly host: string; readonly port: number };

/** The Redis that `REDIS_URL` names. Holds credentials: never log it. */
export type RedisTarget =
  | { readonly kind: 'single'; readonly url: string }
  | {
      readonly kind: 'sentinel';
      readonly sentinels: readonly RedisNode[];
      /** The name of the master group. */
      readonly name: string;
      readonly username?: string;
      readonly password?: string;
      readonly db?: number;
    }
  | {
      readonly kind: 'cluster';
      readonly nodes: readonly RedisNode[];
      readonly username?: string;
      readonly password?: string;
      readonly tls: boolean;
    };

type Credentials = { readonly username?: string; readonly password?: string };

const SENTINEL_FORM = 'write it like redis+sentinel://user:password@host1:26379,host2:26379/name/0';
const CLUSTER_FORM = 'write it like redis+cluster://user:password@host1:6379,host2:6379';
const SINGLE_FORM = 'write it like redis://user:password@host:6379/0, special characters percent-encoded';

/**
 * Reads `redis://`, `rediss://`, `redis+sentinel://h1:26379,h2/name[/db]`, `redis+cluster://h1:6379,h2` and
 * `rediss+cluster://` (TLS). Credentials are percent-decoded.
 */
export function readRedisUrl(text: string): Reading<RedisTarget> {
  const [scheme] = text.split('://', 1);
  switch (scheme) {
    case 'redis':
    case 'rediss':
      return readSingle(text);
    case 'redis+sentinel':
      return readSentinel(text);
    case 'redis+cluster':
    case 'rediss+cluster':
      return readCluster(text);
    default:
      return misread(
        'has a scheme that is not known',
        'begin it with redis://, rediss://, redis+sentinel:// or redis+cluster://',
      );
  }
}

function readSingle(text: string): Reading<RedisTarget> {
  if (!URL.canParse(text)) return misread('is not a URL', SINGLE_FORM);
  const { hostname, pathname } = new URL(text);
  if (hostname === '') return misread('names no host', SINGLE_FORM);
  if (!/^(\/\d*)?$/.test(pathname)) return misread('has a database that is not a number', SINGLE_FORM);
  return understood({ kind: 'single', url: text });
}

const SENTINEL_PATTERN = /^redis\+sentinel:\/\/(?:([^/]*)@)?([^/@]+)\/([^/]+)(?:\/(\d+))?\/?$/;

function readSentinel(text: string): Reading<RedisTarget> {
  const [matched, userInfo, hosts = '', name = '', db] = SENTINEL_PATTERN.exec(text) ?? [];
  if (matched === undefined) return misread('does not name its Sentinels and the master', SENTINEL_FORM);
  const sentinels = readNodes(hosts, 26379);
  if (sentinels === undefined) return misread('has a Sentinel that is not host:port', SENTINEL_FORM);
  const credentials = readCredentials(userInfo);
  const decodedName = decode(name);
  if (credentials === undefined || decodedName === undefined)
    return misread('is not percent-encoded', SENTINEL_FORM);
  const database = db === undefined ? {} : { db: Number(db) };
  return understood({ kind: 'sentinel', sentinels, name: decodedName, ...credentials, ...database });
}

const CLUSTER_PATTERN = /^(rediss?)\+cluster:\/\/(?:([^/]*)@)?([^/@]+)\/?$/;

function readCluster(text: string): Reading<RedisTarget> {
  const [matched, scheme, userInfo, hosts = ''] = CLUSTER_PATTERN.exec(text) ?? [];
  if (matched === undefined) {
    return misread('does not name its nodes alone (a Cluster has only database 0)', CLUSTER_FORM);
  }
  const nodes = readNodes(hosts, 6379);
  if (nodes === undefined) return misread('has a node that is not host:port', CLUSTER_FORM);
  const credentials = readCredentials(userInfo);
  if (credentials === undefined) return misread('is not percent-encoded', CLUSTER_FORM);
  return understood({ kind: 'cluster', nodes, ...credentials, tls: scheme === 'rediss' });
}

function readNodes(hosts: string, defaultPort: number): readonly RedisNode[] | undefined {
  const nodes = hosts.split(',').map((host) => readNode(host, defaultPort));
  const sound = nodes.filter((node) => node !== undefined);
  return sound.length === nodes.length ? sound : undefined;
}

function readNode(text: string, defaultPort: number): RedisNode | undefined {
  const [, bracketed, bare, port] = /^(?:\[([^\]]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/.exec(text.trim()) ?? [];
  const host = bracketed ?? bare;
  const number = port === undefined ? defaultPort : Number(port);
  return host === undefined || number < 1 || number > 65535 ? undefined : { host, port: number };
}

/** The credentials of `user:password`, `:password` or nothing; `undefined` when they cannot be decoded. */
function readCredentials(userInfo = ''): Credentials | undefined {
  const [user = '', ...rest] = userInfo.split(':');
  const username = decode(user);
  const password = decode(rest.join(':'));
  if (username === undefined || password === undefined) return undefined;
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
