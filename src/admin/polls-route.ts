import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { suggestion } from '../config/nearest.ts';
import type { AdminContext } from './context.ts';
import { describes } from './openapi.ts';
import { Problem } from './problem.ts';
import { readRequest } from './request.ts';

/** The ticks of the schedule that can be asked for at once. */
const TICK_NAMES: readonly string[] = ['poll', 'sweep', 'logins', 'mirror', 'reconcile'];

const parameters = z.strictObject({ name: z.string().max(32) });

const TICK = describes({ summary: 'Does a step of the schedule now', parameters, status: 202 });

/** `POST /v1/polls/:name`: does now what the schedule would do at its next tick. */
export function addPollsRoute(app: FastifyInstance, { queues }: AdminContext): void {
  app.post('/v1/polls/:name', TICK, async (request, reply) => {
    const { name } = readRequest(parameters, request.params);
    if (!TICK_NAMES.includes(name)) {
      throw new Problem(404, {
        code: 'NOT_FOUND',
        message: `There is no tick "${name}"${suggestion(name, TICK_NAMES)}.`,
        fix: `Use one of ${TICK_NAMES.join(', ')}.`,
      });
    }
    await queues.enqueueTick(name, new Date());
    return reply.code(202).send({ queued: name });
  });
}
