import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A cable between an agent and one of its parts, which a test can cut. */
export type TcpProxy = {
  readonly port: number;
  /** Destroys every connection and refuses new ones, until what it gives is called. */
  cut(): () => void;
  /**
   * Keeps the connections but lets nothing through, as a firewall that drops: neither side is told. What it gives ends
   * that; what was swallowed is lost with its connections.
   */
  swallow(): () => void;
  close(): Promise<void>;
};

/** Lays a cable to `targetPort` on this machine. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  // Several troubles may hold one cable: it is whole when the last one lets go.
  const holders = { cut: 0, swallow: 0 };
  const server = createServer((near) => {
    keep(sockets, near);
    if (holders.cut > 0) near.destroy();
    else join(near, keep(sockets, connect(targetPort, '127.0.0.1')), () => holders.swallow > 0);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut: () => {
      holders.cut += 1;
      breakAll();
      return () => {
        holders.cut -= 1;
      };
    },
    swallow: () => {
      holders.swallow += 1;
      return () => {
        holders.swallow -= 1;
        breakAll();
      };
    },
    close: async () => {
      server.close();
      breakAll();
      await once(server, 'close');
    },
  };
}

function keep(sockets: Set<Socket>, socket: Socket): Socket {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
  socket.on('error', () => socket.destroy());
  socket.setNoDelay(true);
  return socket;
}

/** What one side sends goes to the other; when one side ends, so does the other. */
function join(near: Socket, far: Socket, swallows: () => boolean): void {
  near.on('data', (chunk) => swallows() || far.write(chunk));
  far.on('data', (chunk) => swallows() || near.write(chunk));
  near.once('close', () => far.destroy());
  far.once('close', () => near.destroy());
}
