// A platform that accepts everything and keeps nothing, in a process of its own, so that what is measured is the agent.
import { createServer } from 'node:http';

let accepted = 0;
const server = createServer((request, reply) => {
  request.resume().on('end', () => {
    if (request.method === 'GET') return reply.end(String(accepted));
    if (request.url?.startsWith('/data/goods') === true) accepted += 1;
    reply.setHeader('content-type', 'application/json');
    return reply.end('{"status":0,"msg":"success","data":{"companyid":"1","company_name":"bench"}}');
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.send?.(`http://127.0.0.1:${address.port}`);
});
