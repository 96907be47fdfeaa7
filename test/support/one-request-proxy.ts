import { once } from 'node:events';
import { createServer } from 'node:http';

/** Hands one request on to `target`, answers it, and cuts every later one: a connection that breaks between two requests. */
export async function startOneRequestProxy(
  target: string,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  let count = 0;
  const server = createServer(async (request, reply) => {
    count += 1;
    if (count > 1) return request.socket.destroy();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        typeof value === 'string' && !['host', 'connection', 'content-length'].includes(name)
          ? [[name, value]]
          : [],
      ),
    );
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method,
      headers,
      body: Buffer.concat(chunks),
    });
    reply.writeHead(answer.status, { 'content-type': 'application/json' });
    return reply.end(await answer.text());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
