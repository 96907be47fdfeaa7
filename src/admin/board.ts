import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { FastifyInstance } from 'fastify';
import type { AdminContext } from './context.ts';

const PATH = '/queues';

/** `/queues`: Bull Board over all queues. Jobs hold ids only, so it shows nothing of a record. */
export function addBoard(app: FastifyInstance, { queues, settings }: AdminContext): void {
  const adapter = new FastifyAdapter();
  adapter.setBasePath(PATH);
  createBullBoard({
    queues: queues.all.map((queue) => new BullMQAdapter(queue, { readOnlyMode: settings.bullBoardReadOnly })),
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: 'ctg-sync', hideRedisDetails: true } },
  });
  app.register(adapter.registerPlugin(), { prefix: PATH });
}
