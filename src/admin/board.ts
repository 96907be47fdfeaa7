import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { FastifyInstance } from 'fastify';
import type { JobQueue } from '../jobs/connections.ts';
import { TICKS } from '../jobs/queues.ts';
import { interfaceNamed } from '../mappers/registry.ts';
import type { AdminContext } from './context.ts';

const PATH = '/queues';

/**
 * `/queues`: Bull Board over all queues. Jobs hold ids only, so it shows nothing of a record. What is removed, emptied or
 * obliterated there is put back by the sweep, since the ledger is what is owed; "retry" asks the ledger.
 */
export function addBoard(app: FastifyInstance, { queues, settings }: AdminContext): void {
  const adapter = new FastifyAdapter();
  adapter.setBasePath(PATH);
  createBullBoard({
    queues: queues.all.map((queue) => adapt(queue, settings.bullBoardReadOnly)),
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: 'ctg-sync', hideRedisDetails: true, hideDocsLink: true } },
  });
  app.register(adapter.registerPlugin(), { prefix: PATH });
}

function adapt(queue: JobQueue, readOnlyMode: boolean): BullMQAdapter {
  const adapter = new BullMQAdapter(queue, {
    readOnlyMode,
    description: describeQueue(queue.name),
  });
  adapter.setFormatter('name', nameJob);
  return adapter;
}

/** What stands below a queue's name. */
function describeQueue(name: string): string {
  const target = interfaceNamed(name);
  if (target) return `接口 ${target.number} ${target.title} (${target.system})`;
  if (name === TICKS)
    return '定时任务: what the schedule does. Its jobs may be removed: the next tick makes new ones';
  return '';
}

/** `goods G-1001 (delivery 4711)`: what the commands `show` and `dead retry` take. */
function nameJob({ name, data }: { readonly name: string; readonly data: unknown }): string {
  if (typeof data !== 'object' || data === null || !('delivery' in data)) return name;
  return `${name} (delivery ${data.delivery})`;
}
