import { afterEach, describe, expect, inject, it } from 'vitest';
import { openDatabase } from '../../src/erp/database.ts';
import { writeOutbox } from '../../src/erp/outbox.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { startChildAgent } from '../support/child-agent.ts';
import { goods, platformEnvironment } from '../support/running-agent.ts';
import { createDatabase, startRedis } from '../support/services/index.ts';
import { until } from '../support/until.ts';

const postgresUrl = inject('postgresUrl');

describe.skipIf(postgresUrl === null || inject('redisUrl') === null)('an agent whose Redis is gone', () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  it('ends on SIGTERM all the same', async () => {
    const sandbox = await startSandbox();
    closers.push(() => sandbox.close());
    const store = await createDatabase(postgresUrl ?? '');
    closers.push(() => store.drop());
    const redis = await startRedis();
    closers.push(() => redis.stop());
    const database = await openDatabase({ url: store.url, dataDir: 'memory' });
    closers.push(() => database.close());
    await migrate(database);
    sandbox.setFaults([{ kind: 'latency', ms: 500 }]);
    const agent = await startChildAgent({
      ...platformEnvironment(sandbox.url),
      DATABASE_URL: store.url,
      REDIS_URL: redis.url,
      CTG_TIMEOUT_MS: '1000',
    });
    closers.push(() => agent.kill());
    const changes = Array.from({ length: 20 }, (_, index) => goods(`G-${index}`));
    await writeOutbox(
      database.kysely,
      changes.map((each) => ({ account: 'default', op: 'upsert' as const, ...each })),
    );
    await until('sends are under way', () => sandbox.requests().length > 0);
    await redis.kill9();
    expect(await agent.terminate()).toBe(0);
  });
});
