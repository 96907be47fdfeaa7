import type { FastifyRequest } from 'fastify';

/** Which token a request carried; `local` where none is set and the server answers this machine alone. */
export type Role = 'admin' | 'readonly' | 'ingest' | 'local';

/** Who asks. */
export type Actor = {
  readonly role: Role;
  /** As the audit log shows it: the token's name, and the user that a browser gave with it. */
  readonly name: string;
  /** Where the connection comes from. `X-Forwarded-For` is not read: anybody can write it. */
  readonly address: string;
};

declare module 'fastify' {
  interface FastifyRequest {
    actor: Actor | undefined;
  }
}

/** Methods that change nothing. */
export const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Whether this request's token may change things: whether buttons are shown. */
export function mayAct({ actor }: FastifyRequest): boolean {
  return actor?.role === 'admin' || actor?.role === 'local';
}

/** The path without its query. */
export function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? '';
}
