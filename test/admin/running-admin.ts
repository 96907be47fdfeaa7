import { startAdmin } from '../../src/admin/server.ts';
import { withinTime } from '../../src/admin/within-time.ts';
import { type Setup, type SetupOptions, startSetup } from '../support/running-agent.ts';
import type { Store } from '../support/stores.ts';

/** A reply of the admin server, its JSON read. */
export type AdminReply = {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into replies by name, and fails where a name is not there.
  readonly body: any;
  readonly headers: Headers;
};

/** What differs from a plain JSON request. */
export type AdminRequest = {
  readonly method?: string;
  readonly body?: unknown;
  /** The body as it is, with its own content type in `headers`. */
  readonly raw?: string;
  readonly headers?: Record<string, string>;
};

/** A running agent with its admin server. */
export type AdminSetup = Setup & {
  readonly url: string;
  request(path: string, request?: AdminRequest): Promise<AdminReply>;
  get(path: string): Promise<AdminReply>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<AdminReply>;
};

/** Starts an agent on `store` with its admin server on a free port. */
export async function startAdminSetup(store: Store, options: SetupOptions = {}): Promise<AdminSetup> {
  const setup = await startSetup(store, options);
  const admin = await startAdmin(setup.agent, { port: 0 });
  const request = async (path: string, asked: AdminRequest = {}): Promise<AdminReply> => {
    const json = asked.body === undefined ? {} : { 'content-type': 'application/json' };
    const body = asked.raw ?? (asked.body === undefined ? undefined : JSON.stringify(asked.body));
    const reply = await fetch(`${admin.url}${path}`, {
      method: asked.method ?? 'GET',
      redirect: 'manual',
      headers: { ...json, ...asked.headers },
      ...(body !== undefined && { body }),
    });
    const text = await reply.text();
    const isJson = reply.headers.get('content-type')?.includes('json') === true;
    return { status: reply.status, body: isJson ? JSON.parse(text) : text, headers: reply.headers };
  };
  return {
    ...setup,
    url: admin.url,
    request,
    get: (path) => request(path),
    post: (path, body, headers = {}) =>
      request(path, { method: 'POST', headers, ...(body !== undefined && { body }) }),
    stop: async () => {
      // As the daemon does it: a browser may hold a stream of events open.
      await withinTime(5_000, admin.close()).catch(() => undefined);
      await setup.stop();
    },
  };
}
