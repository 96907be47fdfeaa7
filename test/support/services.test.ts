import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Cluster, Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import { afterEach, describe, expect, inject, test, vi } from 'vitest';
import {
  createDatabase,
  type Service,
  startMariadb,
  startPostgres,
  startRedis,
  startRedisCluster,
  startSentinel,
} from './services/index.ts';

const toClose: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

async function started<T extends Service>(starting: Promise<T>): Promise<T> {
  const service = await starting;
  toClose.push(() => service.stop());
  return service;
}

async function redisClient(port: number): Promise<Redis> {
  const client = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => {});
  toClose.push(() => client.disconnect());
  await client.connect();
  return client;
}

async function postgresQuery(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function mariadbQuery(url: string, sql: string): Promise<unknown> {
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query(sql);
    return rows;
  } finally {
    await connection.end();
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Data written before outlives a restart and a crash; nothing outlives the stop. */
async function expectDurability(service: Service, count: () => Promise<unknown>): Promise<void> {
  const before = await count();
  const firstPid = service.pid;
  await service.restart();
  expect(service.pid).not.toBe(firstPid);
  expect(await count()).toEqual(before);

  await service.kill9();
  await expect(count()).rejects.toThrow();
  await service.restart();
  expect(await count()).toEqual(before);

  await expectNothingLeft(service);
}

async function expectNothingLeft(service: Service): Promise<void> {
  const { pid, directory } = service;
  expect(existsSync(directory)).toBe(true);
  await service.stop();
  await service.stop();
  expect(isRunning(pid)).toBe(false);
  expect(existsSync(directory)).toBe(false);
}

describe.skipIf(inject('redisUrl') === null)('Redis', () => {
  test('the shared one answers', async () => {
    const client = await redisClient(Number(new URL(inject('redisUrl') ?? '').port));
    expect(await client.ping()).toBe('PONG');
  });

  test('a private one forgets everything when it restarts or crashes', async () => {
    const redis = await started(startRedis());
    for (const interrupt of [() => redis.restart(), () => redis.kill9().then(() => redis.restart())]) {
      await (await redisClient(redis.port)).set('key', 'value');
      await interrupt();
      expect(await (await redisClient(redis.port)).dbsize()).toBe(0);
    }
    await expectNothingLeft(redis);
  });

  test('one with an append-only file keeps what it acknowledged', async () => {
    const redis = await started(startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] }));
    await (await redisClient(redis.port)).set('key', 'value');
    await expectDurability(redis, async () => (await redisClient(redis.port)).get('key'));
  });

  test('a Sentinel names its Redis', async () => {
    const sentinel = await started(startSentinel());
    expect(new URL(sentinel.url).pathname).toBe('/mymaster');
    const client = new Redis({ sentinels: [{ host: '127.0.0.1', port: sentinel.port }], name: 'mymaster' });
    toClose.push(() => client.disconnect());
    await client.set('key', 'value');
    expect(await (await redisClient(sentinel.redis.port)).get('key')).toBe('value');
    await sentinel.kill9();
    await sentinel.restart();
    await expectNothingLeft(sentinel);
    expect(existsSync(sentinel.redis.directory)).toBe(false);
  });

  test('a cluster of one master takes every key', async () => {
    const redis = await started(startRedis({ cluster: true }));
    expect(redis.url).toBe(`redis+cluster://127.0.0.1:${redis.port}`);
    const client = new Cluster([{ host: '127.0.0.1', port: redis.port }]);
    toClose.push(() => client.disconnect());
    for (const key of ['a', 'b', 'c']) await client.set(key, key);
    expect(await (await redisClient(redis.port)).dbsize()).toBe(3);
  });

  test('a cluster of three masters spreads the keys, and comes back from a crash', async () => {
    const cluster = await started(startRedisCluster());
    const client = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })));
    toClose.push(() => client.disconnect());
    for (let index = 0; index < 60; index += 1) await client.set(`key ${index}`, index);
    for (const node of cluster.nodes)
      expect(await (await redisClient(node.port)).dbsize()).toBeGreaterThan(0);
    client.disconnect();
    await cluster.kill9();
    await cluster.restart();
    await cluster.stop();
    expect(cluster.nodes.map((node) => existsSync(node.directory))).toEqual([false, false, false]);
  });

  test('nothing is left when the process that started it is killed', async () => {
    const starter = new URL('services/index.ts', import.meta.url).href;
    const script = `import { startRedis } from ${JSON.stringify(starter)};
      const { pid, directory } = await startRedis();
      console.log(JSON.stringify({ pid, directory }));
      setInterval(() => {}, 1000);`;
    const run = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    toClose.push(() => run.kill('SIGKILL'));
    const [line] = await once(createInterface(run.stdout), 'line');
    const { pid, directory } = JSON.parse(String(line));
    expect(isRunning(pid)).toBe(true);
    run.kill('SIGKILL');
    await vi.waitFor(() => expect(existsSync(directory)).toBe(false), { timeout: 20_000 });
    expect(isRunning(pid)).toBe(false);
  });
});

describe.skipIf(inject('postgresUrl') === null)('PostgreSQL', () => {
  test('a private one keeps what it committed', async () => {
    const postgres = await started(startPostgres({ settings: { work_mem: '8MB' } }));
    expect(await postgresQuery(postgres.url, 'show work_mem')).toEqual([{ work_mem: '8MB' }]);
    await postgresQuery(postgres.url, "create table part as select '刹车片' as name");
    await expectDurability(postgres, () => postgresQuery(postgres.url, 'select name from part'));
  });

  test('databases are apart from each other, and are dropped although somebody is connected', async () => {
    const url = inject('postgresUrl') ?? '';
    const [one, two] = await Promise.all([createDatabase(url), createDatabase({ url })]);
    toClose.push(one.drop, two.drop);
    await postgresQuery(one.url, 'create table part (key text)');
    await expect(postgresQuery(two.url, 'select * from part')).rejects.toThrow('does not exist');
    const busy = new Client({ connectionString: one.url });
    busy.on('error', () => {});
    await busy.connect();
    await busy.query('begin');
    await busy.query('lock table part');
    await one.drop();
    await expect(postgresQuery(one.url, 'select 1')).rejects.toThrow('does not exist');
  });
});

describe.skipIf(inject('mariadbUrl') === null)('MariaDB', () => {
  test('a private one keeps what it committed, in utf8mb4', async () => {
    const mariadb = await started(startMariadb({ args: ['--innodb-lock-wait-timeout=7'] }));
    expect(await mariadbQuery(mariadb.url, 'select @@innodb_lock_wait_timeout as s')).toEqual([{ s: 7 }]);
    await mariadbQuery(mariadb.url, "create table part as select '刹车片🚗' as name");
    await expectDurability(mariadb, () => mariadbQuery(mariadb.url, 'select name, hex(name) from part'));
  });

  test('databases are apart from each other, and are dropped although somebody is connected', async () => {
    const url = inject('mariadbUrl') ?? '';
    const [one, two] = await Promise.all([createDatabase(url), createDatabase({ url })]);
    toClose.push(one.drop, two.drop);
    await mariadbQuery(one.url, 'create table part (name varchar(9))');
    await expect(mariadbQuery(two.url, 'select * from part')).rejects.toThrow("doesn't exist");
    const busy = await createConnection(one.url);
    busy.on('error', () => {});
    await busy.query('start transaction');
    await busy.query('select * from part');
    await one.drop();
    await expect(mariadbQuery(one.url, 'select 1')).rejects.toThrow('Unknown database');
  });

  test('its account may create triggers', async () => {
    const database = await createDatabase(inject('mariadbUrl') ?? '');
    toClose.push(database.drop);
    await mariadbQuery(database.url, 'create table part (name varchar(9))');
    await mariadbQuery(
      database.url,
      "create trigger t before insert on part for each row set new.name = '刹车片'",
    );
    await mariadbQuery(database.url, "insert into part values ('')");
    expect(await mariadbQuery(database.url, 'select name from part')).toEqual([{ name: '刹车片' }]);
  });
});
