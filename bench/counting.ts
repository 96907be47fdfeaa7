import net from 'node:net';
import { Redis } from 'ioredis';
import mysql from 'mysql2';
import pg from 'pg';

/** What one process has asked of its stores so far. */
export type Asked = {
  /** SQL statements and Redis commands. */
  readonly statements: number;
  /** Writes to sockets that lead to a store: what travels together counts once. */
  readonly roundTrips: number;
};

/** Counts from now on, by standing before the drivers' one way out. `ports` are those of the stores. */
export function startCounting(ports: ReadonlySet<number>): () => Asked {
  let statements = 0;
  let roundTrips = 0;
  const count = (prototype: object, method: string, onCall: (self: unknown) => void): void => {
    const original: unknown = Reflect.get(prototype, method);
    if (typeof original !== 'function') throw new Error(`There is no ${method} to count.`);
    Reflect.set(prototype, method, function counted(this: unknown, ...args: unknown[]): unknown {
      onCall(this);
      return Reflect.apply(original, this, args);
    });
  };
  const statement = (): void => {
    statements += 1;
  };
  count(pg.Client.prototype, 'query', statement);
  count(mysqlConnectionPrototype(), 'addCommand', statement);
  count(Redis.prototype, 'sendCommand', statement);
  const trip = (self: unknown): void => {
    if (self instanceof net.Socket && ports.has(self.remotePort ?? 0)) roundTrips += 1;
  };
  for (const method of ['_write', '_writev']) count(net.Socket.prototype, method, trip);
  return () => ({ statements, roundTrips });
}

function mysqlConnectionPrototype(): object {
  const connection = mysql.createConnection({ host: '127.0.0.1', port: 1, connectTimeout: 1 });
  connection.on('error', () => undefined);
  const prototype: unknown = Object.getPrototypeOf(connection);
  connection.destroy();
  if (typeof prototype !== 'object' || prototype === null) throw new Error('mysql2 has no connection class.');
  let holder: object = prototype;
  while (!Object.hasOwn(holder, 'addCommand')) holder = Object.getPrototypeOf(holder);
  return holder;
}
