import { hash, timingSafeEqual } from 'node:crypto';
import type { Settings } from '../config/settings.ts';
import type { Role } from './actor.ts';

/** The tokens that are set. */
export type Tokens = Pick<Settings, 'adminToken' | 'adminTokenReadonly' | 'ingestToken'>;

/** What an `Authorization` header carries; `user` is what a browser gave beside the token, and proves nothing. */
export type Credentials = {
  readonly scheme: 'bearer' | 'basic';
  readonly user: string;
  readonly token: string;
};

/** Reads `Bearer token`, or `Basic base64(user:token)`. */
export function readCredentials(header: string | undefined): Credentials | undefined {
  const [scheme = '', value = ''] = (header ?? '').trim().split(/\s+/, 2);
  if (/^bearer$/i.test(scheme)) return { scheme: 'bearer', user: '', token: value };
  if (!/^basic$/i.test(scheme)) return undefined;
  const [user = '', ...token] = Buffer.from(value, 'base64').toString('utf8').split(':');
  return { scheme: 'basic', user, token: token.join(':') };
}

/** Whose token it is. Every one is compared, so that the time tells nothing of which one came near. */
export function rolesOf(token: string, tokens: Tokens): readonly Role[] {
  const known = [
    ['admin', tokens.adminToken],
    ['readonly', tokens.adminTokenReadonly],
    ['ingest', tokens.ingestToken],
  ] as const;
  const matches = known.map(([, each]) => each !== undefined && isSame(token, each));
  return known.flatMap(([role], index) => (matches[index] ? [role] : []));
}

function isSame(candidate: string, token: string): boolean {
  return timingSafeEqual(hash('sha256', candidate, 'buffer'), hash('sha256', token, 'buffer'));
}
