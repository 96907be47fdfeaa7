import { z } from 'zod';
import { CommandError } from './command-error.ts';
import { readSettings } from './settings.ts';

/** A running agent, by its HTTP address. */
export type AgentClient = {
  readonly url: string;
  /** Throws a `CommandError` in the agent's own words when it refuses. */
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T>;
  /** Posts changes, one a line. */
  postLines<T>(
    path: string,
    lines: string,
    headers: Readonly<Record<string, string>>,
    schema: z.ZodType<T>,
  ): Promise<T>;
  /** Whether an agent answers at all. */
  isThere(): Promise<boolean>;
};

const ANSWER_MS = 130_000;

const problem = z.looseObject({
  error: z.looseObject({ code: z.string(), message: z.string(), fix: z.string().optional() }),
});

/** The agent at `CTG_SYNC_URL`, with `ADMIN_TOKEN` (`INGEST_TOKEN` where there is no other). */
export function connectAgent(settings = readSettings()): AgentClient {
  const url = settings.syncUrl.replace(/\/$/, '');
  const request = async (
    path: string,
    init: { method: string; body?: string; headers?: Record<string, string> },
    token = settings.adminToken ?? settings.adminTokenReadonly,
  ): Promise<unknown> => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const reply = await fetch(`${url}${path}`, {
      ...init,
      headers: { ...init.headers, ...authorization },
      signal: AbortSignal.timeout(ANSWER_MS),
    }).catch((error: unknown) => {
      throw unreachable(url, error);
    });
    return readReply(reply, url);
  };
  const json = { 'content-type': 'application/json' };
  return {
    url,
    get: async (path, schema) => schema.parse(await request(path, { method: 'GET' })),
    post: async (path, body, schema) =>
      schema.parse(await request(path, { method: 'POST', body: JSON.stringify(body), headers: json })),
    postLines: async (path, lines, headers, schema) => {
      const all = { ...headers, 'content-type': 'application/x-ndjson' };
      const token = settings.adminToken ?? settings.ingestToken;
      return schema.parse(await request(path, { method: 'POST', body: lines, headers: all }, token));
    },
    isThere: async () =>
      fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
        (reply) => reply.ok,
        () => false,
      ),
  };
}

async function readReply(reply: Response, url: string): Promise<unknown> {
  const text = await reply.text();
  const body = parse(text);
  if (reply.ok && body !== undefined) return body;
  const read = problem.safeParse(body);
  if (!read.success) {
    throw new CommandError(`${url} answered HTTP ${reply.status}, and not as an agent does.`, {
      fix: 'Check CTG_SYNC_URL.',
    });
  }
  const { message, fix } = read.data.error;
  const hint = reply.status === 401 ? 'Set ADMIN_TOKEN to the token of that agent.' : fix;
  throw new CommandError(message, { detail: read.data, ...(hint !== undefined && { fix: hint }) });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(url: string, error: unknown): CommandError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new CommandError(`No agent answers at ${url} (${code}).`, {
    fix: 'Start it with "ctg-sync start", or set CTG_SYNC_URL to where it runs.',
  });
}
