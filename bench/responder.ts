// The other side: a process of its own that does as little as an HTTP server can, so that the clients are what is measured.
import net from 'node:net';

/** What the responder is asked and answers over IPC. */
export type ResponderMessage =
  | { readonly kind: 'reset'; readonly latencyMs: number; readonly faultRate: number }
  | { readonly kind: 'await'; readonly count: number }
  | { readonly kind: 'report' };

/** When each thing was taken first (milliseconds of the machine's monotonic clock), and how often anything was taken twice. */
export type ResponderReport = {
  readonly at: Readonly<Record<string, number>>;
  readonly accepted: number;
  readonly repeated: number;
};

const HEAD_END = Buffer.from('\r\n\r\n');
const GOODS = /"goods_ID":"([^"]+)"/;
const ORDER = /"goods_id":"([^"]+)".*"timestamp":"([^"]+)"/;
const UNAVAILABLE = 'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n';

let latencyMs = 0;
let faultRate = 0;
let at = new Map<string, number>();
let repeated = 0;
let awaited = Number.POSITIVE_INFINITY;

function reply(body: string): string {
  const order = ORDER.exec(body);
  const key = order?.[1] ?? GOODS.exec(body)?.[1];
  // Something else, such as a log-in, is answered and not counted.
  if (key === undefined) return answered('{"status":0,"msg":"ok"}');
  if (faultRate > 0 && Math.random() < faultRate) return UNAVAILABLE;
  if (at.has(key)) repeated += 1;
  else at.set(key, Number(process.hrtime.bigint()) / 1e6);
  if (at.size >= awaited) {
    awaited = Number.POSITIVE_INFINITY;
    process.send?.({ kind: 'reached' });
  }
  const text = order
    ? `{"status":0,"msg":"ok","companyID":"88","order_id":"O-${key}","data":[{"goods_id":"${key}","timestamp":"${order[2]}"}]}`
    : '{"status":0,"msg":"ok"}';
  return answered(text);
}

function answered(text: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

const server = net.createServer({ noDelay: true }, (socket) => {
  let pending = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (piece) => {
    pending = pending.length === 0 ? piece : Buffer.concat([pending, piece]);
    for (;;) {
      const end = pending.indexOf(HEAD_END);
      if (end < 0) return;
      const length = /content-length: *(\d+)/i.exec(pending.toString('latin1', 0, end));
      const total = end + 4 + Number(length?.[1] ?? 0);
      if (pending.length < total) return;
      const answer = reply(pending.toString('utf8', end + 4, total));
      pending = pending.subarray(total);
      if (latencyMs === 0) socket.write(answer);
      else setTimeout(() => socket.write(answer), latencyMs);
    }
  });
});

process.on('message', (message: ResponderMessage) => {
  if (message.kind === 'reset') {
    ({ latencyMs, faultRate } = message);
    at = new Map();
    repeated = 0;
    process.send?.({ kind: 'done' });
  } else if (message.kind === 'await') {
    awaited = message.count;
    if (at.size >= awaited) process.send?.({ kind: 'reached' });
  } else {
    process.send?.({ at: Object.fromEntries(at), accepted: at.size, repeated });
  }
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
