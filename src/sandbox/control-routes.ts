import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { faultShape } from './faults.ts';
import { renderPage } from './page.ts';
import type { SandboxControls } from './sandbox-controls.ts';

const faultsShape = z.array(faultShape);
const orderPathShape = z.object({ id: z.string() });

/** What people and other processes steer the sandbox with; none of it belongs to the platform. */
export function addControlRoutes(app: FastifyInstance, controls: SandboxControls): void {
  app.get('/', (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(renderPage(controls.state(), controls.requests())),
  );
  app.get('/_sandbox/state', () => controls.state());
  app.get('/_sandbox/requests', () => controls.requests());
  app.get('/_sandbox/faults', () => controls.faults());
  app.put('/_sandbox/faults', (request, reply) => {
    const parsed = faultsShape.safeParse(request.body);
    if (!parsed.success) return reply.code(400).send({ error: z.prettifyError(parsed.error) });
    controls.setFaults(parsed.data);
    return reply.send(controls.faults());
  });
  app.delete('/_sandbox/faults', (_request, reply) => {
    controls.clearFaults();
    return reply.code(204).send();
  });
  app.post('/_sandbox/reset', (_request, reply) => {
    controls.reset();
    return reply.code(204).send();
  });
  app.post('/_sandbox/orders/:id/advance', (request, reply) => {
    const moved = controls.advance(orderPathShape.parse(request.params).id);
    return moved.length > 0
      ? reply.send(moved)
      : reply.code(404).send({ error: 'no such order, or it is at its end' });
  });
}
