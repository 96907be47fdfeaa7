import { onTestFinished } from 'vitest';
import {
  type Sandbox,
  type SandboxOptions,
  sandboxInterfaces,
  startSandbox,
} from '../../src/sandbox/sandbox.ts';
import { type Json, line, order } from './document-requests.ts';

export interface RunningSandbox {
  readonly sandbox: Sandbox;
  /** Posts to an interface by name and gives the parsed reply. */
  readonly send: (interfaceName: string, body: unknown) => Promise<Json>;
  /** Posts to an interface by name and gives what fetch gives. */
  readonly post: (interfaceName: string, body: unknown, signal?: AbortSignal) => Promise<Response>;
  /** Places an order of one line, and gives its order_id. */
  readonly placeOne: () => Promise<string>;
}

/** A sandbox of this test's own, closed when the test ends. */
export async function runSandbox(options: SandboxOptions = {}): Promise<RunningSandbox> {
  const sandbox = await startSandbox(options);
  onTestFinished(() => sandbox.close());
  const post = (name: string, body: unknown, signal?: AbortSignal) =>
    fetch(sandbox.url + pathOf(name), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: signal ?? null,
    });
  const send = async (name: string, body: unknown) => (await (await post(name, body)).json()) as Json;
  const placeOne = async () => String((await send('place-order', order(line(1)))).order_id);
  return { sandbox, send, post, placeOne };
}

function pathOf(name: string): string {
  const found = sandboxInterfaces.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no interface ${name}`);
  return found.path;
}

/** Waits until a condition holds, without a fixed time. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
