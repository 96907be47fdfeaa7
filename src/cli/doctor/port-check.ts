import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Settings } from '../../config/settings.ts';
import { connectAgent } from '../agent-client.ts';
import { attempt } from './attempt.ts';
import { type Check, type Finding, fault, fine } from './finding.ts';

/** Whether the admin server can listen, or an agent does so already. */
export function portCheck(settings: Settings): Check {
  return { what: 'HTTP_PORT', examine: async () => [await examinePort(settings)] };
}

async function examinePort(settings: Settings): Promise<Finding> {
  const { httpHost: host, httpPort: port } = settings;
  const tried = await attempt(() => listenOnce(host, port));
  if (tried.ok) return fine('HTTP_PORT', port === 0 ? 'any free one' : `${port} is free`);
  if (tried.code === 'EADDRINUSE') return examineUser(settings);
  if (tried.code === 'EACCES')
    return fault('HTTP_PORT', `${port} needs more rights.`, 'set HTTP_PORT to one above 1023.');
  const fix = 'set HTTP_HOST to an address of this machine, or to 127.0.0.1.';
  return fault('HTTP_HOST', `cannot listen on ${host} (${tried.words}).`, fix);
}

async function examineUser(settings: Settings): Promise<Finding> {
  const { httpHost, httpPort } = settings;
  const local = httpHost === '0.0.0.0' || httpHost === '::' ? '127.0.0.1' : httpHost;
  const url = `http://${local.includes(':') ? `[${local}]` : local}:${httpPort}`;
  if (await connectAgent({ ...settings, syncUrl: url }).isThere())
    return fine('HTTP_PORT', `an agent runs on ${httpPort} already`);
  const fix = 'end what uses it, or set HTTP_PORT to another one.';
  return fault('HTTP_PORT', `${httpPort} is in use, and not by an agent.`, fix);
}

async function listenOnce(host: string, port: number): Promise<void> {
  const server = createServer();
  server.listen({ host, port, exclusive: true });
  await once(server, 'listening');
  server.close();
}
