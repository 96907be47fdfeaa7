import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Reply, SandboxInterface } from './define-interface.ts';
import { type Ending, endRequest } from './fault-ending.ts';
import type { FaultBook, PickedFaults } from './faults.ts';
import { maskSecrets, type RecordedRequest, type Recorder } from './recorder.ts';
import { sandboxInterfaces } from './sandbox-interfaces.ts';
import { countsOf, type World } from './world.ts';

export interface PlayedSandbox {
  readonly world: () => World;
  readonly faults: FaultBook;
  readonly recorder: Recorder;
}

/** Puts the 15 interfaces on their default paths. */
export function playInterfaces(app: FastifyInstance, sandbox: PlayedSandbox): void {
  for (const played of sandboxInterfaces) {
    app.post(played.path, (request, reply) => play(sandbox, { played, body: request.body, reply }));
  }
}

interface Exchange {
  readonly played: SandboxInterface;
  readonly body: unknown;
  readonly reply: FastifyReply;
}

async function play(sandbox: PlayedSandbox, { played, body, reply }: Exchange): Promise<FastifyReply> {
  const picked = sandbox.faults.pick({ interface: played.name, system: played.system, body });
  const record = begin(sandbox, { played, body, picked });
  if (picked.delayMs > 0) await delay(picked.delayMs, undefined, { ref: false });
  const world = sandbox.world();
  const perform = (lineLimit?: number) => {
    const answer = played.answer({ world, body, ...(lineLimit !== undefined && { lineLimit }) });
    note(world, { played, record, answer });
    return answer;
  };
  const ending = endRequest(picked.ending, { perform, refuse: (msg) => played.refuse(msg, body) });
  record.ending = ending.kind;
  return finish(reply, ending);
}

function begin(
  { world, recorder }: PlayedSandbox,
  { played, body, picked }: { played: SandboxInterface; body: unknown; picked: PickedFaults },
): RecordedRequest {
  const counts = countsOf(world(), played.name);
  counts.requests += 1;
  if (picked.kinds.length > 0) counts.faulted += 1;
  const { name, number } = played;
  return recorder.begin({ interface: name, number, body: maskSecrets(body), faults: picked.kinds });
}

function note(
  world: World,
  { played, record, answer }: { played: SandboxInterface; record: RecordedRequest; answer: Reply },
): void {
  const counts = countsOf(world, played.name);
  if (answer.status === 0) counts.accepted += 1;
  else counts.refused += 1;
  record.reply = maskSecrets(answer);
}

function finish(reply: FastifyReply, ending: Ending): FastifyReply {
  if (ending.kind === 'reply') return reply.send(ending.reply);
  if (ending.kind === 'raw') {
    if (ending.retryAfter !== undefined) reply.header('retry-after', String(ending.retryAfter));
    return reply.code(ending.code).type(ending.contentType).send(ending.text);
  }
  reply.hijack();
  if (ending.kind === 'destroy') reply.raw.destroy();
  else if (ending.kind === 'half') sendHalf(reply, ending.reply);
  else if (ending.ms !== undefined) setTimeout(() => reply.raw.destroy(), ending.ms).unref();
  return reply;
}

/** Promises the whole length, sends half of it, and goes away once that half has left. */
function sendHalf(reply: FastifyReply, answer: Reply): void {
  const bytes = Buffer.from(JSON.stringify(answer));
  reply.raw.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': bytes.length,
  });
  reply.raw.write(bytes.subarray(0, bytes.length >> 1), () => reply.raw.destroy());
}
