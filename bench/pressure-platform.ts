// The platform of the pressure bench, in a process of its own: goods whose id begins with POISON end in a 500, the account
// "refused" is refused, the system crm is down, all else is accepted. Told over IPC what to forget, and when to speak.
import { createServer } from 'node:http';

/** What the platform has seen since it last forgot. */
export type PressureReport = {
  /** Accepted records that are not under pressure, and how many of them came more than once. */
  readonly others: number;
  readonly repeated: number;
  /** Different keys that failed, and the times that any failed. */
  readonly poison: number;
  readonly failures: number;
  readonly refusals: number;
  readonly down: number;
  /** When the last of the others came, in milliseconds of the machine's monotonic clock. */
  readonly lastAt: number;
};

const GOODS = /"goods_ID":"([^"]+)"/;
const OK = '{"status":0,"msg":"ok"}';

let others = new Set<string>();
let poison = new Set<string>();
let counts = { repeated: 0, failures: 0, refusals: 0, down: 0, lastAt: 0 };

function answer(path: string, body: string): { readonly status: number; readonly text: string } {
  if (body.includes('"username":"refused"')) {
    counts.refusals += 1;
    return { status: 200, text: '{"status":1,"msg":"用户名或密码错误"}' };
  }
  if (path === '/crm/login') return { status: 200, text: OK };
  if (path.startsWith('/crm/')) {
    counts.down += 1;
    return { status: 503, text: '' };
  }
  const [, key = ''] = GOODS.exec(body) ?? [];
  if (key.startsWith('POISON')) {
    poison.add(key);
    counts.failures += 1;
    return { status: 500, text: '' };
  }
  if (key.startsWith('G-')) {
    if (others.has(key)) counts.repeated += 1;
    others.add(key);
    counts.lastAt = performance.timeOrigin + performance.now();
  }
  return { status: 200, text: OK };
}

const server = createServer((request, reply) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const { status, text } = answer(request.url ?? '', Buffer.concat(pieces).toString());
    reply.writeHead(status, { 'content-type': 'application/json' }).end(text);
  });
});
server.keepAliveTimeout = 60_000;
process.on('message', (asked: 'forget' | 'report') => {
  if (asked === 'forget') {
    others = new Set();
    poison = new Set();
    counts = { repeated: 0, failures: 0, refusals: 0, down: 0, lastAt: 0 };
  }
  process.send?.({ others: others.size, poison: poison.size, ...counts } satisfies PressureReport);
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.send?.(`http://127.0.0.1:${address.port}`);
});
