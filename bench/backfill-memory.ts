// What a backfill takes of memory, and how fast it goes: a real agent on PostgreSQL and Redis, a platform that accepts
// everything, each in a process of its own.
//
//   npm run bench:backfill -- --rows 10000,1000000
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { z } from 'zod';
import { createDatabase, type Service, startPostgres, startRedis } from '../test/support/services/index.ts';

const { values: asked } = parseArgs({ options: { rows: { type: 'string', default: '10000,100000' } } });
const sizes = asked.rows.split(',').map(Number);

const SOURCES = `goods:
  table: bench_part
  key: [part_no]
  select: SELECT part_no AS entity_key, part_no AS "goodsId", title AS name, oe AS "oeNumber", stock, price, brand FROM bench_part WHERE part_no IN (:keys)
`;

const status = z.looseObject({ balance: z.looseObject({ accepted: z.number() }) });

type Measured = {
  readonly rows: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly startMiB: number;
  readonly peakMiB: number;
};

const postgres = await startPostgres();
const redis = await startRedis();
const results: Measured[] = [];
try {
  for (const rows of sizes) {
    const measured = await measure(rows, postgres, redis);
    console.log(JSON.stringify(measured));
    results.push(measured);
  }
} finally {
  await redis.stop();
  await postgres.stop();
}
const [first] = results;
const last = results.at(-1);
if (first && last && first !== last) {
  console.log(
    `peak memory, ${last.rows} rows to ${first.rows}: ${(last.peakMiB / first.peakMiB).toFixed(2)}`,
  );
}

async function measure(rows: number, { url }: Service, { url: redisUrl }: Service): Promise<Measured> {
  const database = await createDatabase(url);
  const directory = mkdtempSync(join(tmpdir(), 'ctg-sync-bench-'));
  const platform = fork(fileURLToPath(new URL('lean-platform.ts', import.meta.url)));
  const children: ChildProcess[] = [platform];
  try {
    const [platformUrl] = z
      .tuple([z.string()])
      .parse(await once(platform, 'message').then(([text]) => [text]));
    await fill(database.url, rows);
    writeFileSync(join(directory, 'sources.yaml'), SOURCES);
    const agent = await startAgentProcess(directory, {
      DATABASE_URL: database.url,
      REDIS_URL: redisUrl,
      QUEUE_PREFIX: database.name,
      CTG_BASE_URL: platformUrl,
      CTG_USERNAME: '13800000000',
      CTG_PASSWORD: 'bench',
      CTG_SEC: 'bench-sec',
      CTG_SOURCES_FILE: 'sources.yaml',
      HTTP_PORT: '0',
      MIRROR_CRON: 'off',
    });
    children.push(agent.child);
    const startMiB = memoryOf(agent.child).peak;
    const begun = performance.now();
    await post(`${agent.url}/v1/resync`, { entity: 'goods', all: true });
    await untilAccepted(`${agent.url}/v1/status`, rows, agent.child);
    const seconds = (performance.now() - begun) / 1000;
    const peakMiB = memoryOf(agent.child).peak;
    return { rows, seconds: Math.round(seconds), perSecond: Math.round(rows / seconds), startMiB, peakMiB };
  } finally {
    for (const child of children.reverse()) await end(child);
    await database.drop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function fill(url: string, rows: number): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE TABLE bench_part (part_no VARCHAR(40) PRIMARY KEY, title VARCHAR(80), oe VARCHAR(40),
    stock INT, price DECIMAL(12,2), brand VARCHAR(40))`);
  await client.query(
    `INSERT INTO bench_part SELECT 'P-' || n, '机油滤清器 ' || n, 'OE' || n, n % 100, 10 + n % 90, 'MANN'
     FROM generate_series(1, $1::int) n`,
    [rows],
  );
  await client.query('ANALYZE bench_part');
  await client.end();
}

async function startAgentProcess(
  directory: string,
  settings: Record<string, string>,
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const { PATH = '' } = process.env;
  const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const child = spawn(process.execPath, [program], {
    cwd: directory,
    env: { PATH, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ready = Promise.withResolvers<string>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const [, url] = /"url":"([^"]+)"/.exec(text) ?? [];
    if (url !== undefined) ready.resolve(url);
    else if (/"level":(40|50|60)/.test(text)) process.stderr.write(text);
  });
  child.once('exit', (code) => ready.reject(new Error(`The agent ended with ${code}.`)));
  return { child, url: await ready.promise };
}

async function untilAccepted(url: string, rows: number, child: ChildProcess): Promise<void> {
  for (;;) {
    const reply = await fetch(url);
    const { accepted } = status.parse(await reply.json()).balance;
    const { peak, now } = memoryOf(child);
    process.stderr.write(`${new Date().toISOString()} ${accepted} of ${rows}, ${now} MiB (most: ${peak})\n`);
    if (accepted >= rows) return;
    await pause(rows > 100_000 ? 15_000 : 1_000);
  }
}

async function post(url: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!reply.ok) throw new Error(`${url} answered ${reply.status}: ${await reply.text()}`);
}

/** Resident memory in MiB, as Linux counts it. */
function memoryOf({ pid }: ChildProcess): { readonly peak: number; readonly now: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (name: string): number =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 1024);
  return { peak: read('VmHWM'), now: read('VmRSS') };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
