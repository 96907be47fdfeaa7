import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { openDatabase } from '../../src/erp/database.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { createWorkplace, type Running, type Workplace } from '../cli/running-command.ts';
import { createDatabase, type TestDatabase } from '../support/services/index.ts';
import { until } from '../support/until.ts';

const server = inject('postgresUrl') ?? inject('mariadbUrl');

describe.skipIf(server === null)('tables that a newer version has changed', () => {
  let sandbox: Sandbox;
  let place: Workplace;
  let database: TestDatabase;
  beforeEach(async () => {
    sandbox = await startSandbox();
    database = await createDatabase(server ?? '');
    place = createWorkplace({
      CTG_BASE_URL: sandbox.url,
      CTG_USERNAME: '13800000000',
      CTG_PASSWORD: 'sandbox',
      CTG_SEC: 'sandbox-sec',
      DATABASE_URL: database.url,
      HTTP_PORT: '0',
    });
  });
  afterEach(async () => {
    place.remove();
    await database.drop();
    await sandbox.close();
  });

  /** What a newer version does first: its own migration, which this one has never heard of. */
  const upgrade = async (): Promise<void> => {
    const opened = await openDatabase({ url: database.url, dataDir: 'memory', connections: 1 });
    await migrate(opened);
    await sql`INSERT INTO ctg_migration (name, timestamp) VALUES ('9999-later', '2030-01-01')`.execute(
      opened.kysely,
    );
    await opened.close();
  };

  const SAYS = /changed by a newer version of ctg-sync \(9999-later\)/;

  it.each([{ AUTO_MIGRATE: 'true' }, { AUTO_MIGRATE: 'false' }])(
    'are not worked on by this one: start refuses, and says what to do (%j)',
    async (env) => {
      await upgrade();
      const { code, stderr } = await place.run(['start'], env);
      expect(code).toBe(1);
      expect(stderr).toMatch(SAYS);
      expect(stderr).toContain('Fix: run the newer version');
      expect(stderr).not.toContain('at Object');
    },
  );

  it('are left alone by migrate, and named by doctor', async () => {
    await upgrade();
    const { code, stderr } = await place.run(['migrate']);
    expect(code).toBe(1);
    expect(stderr).toMatch(SAYS);
    const doctor = await place.run(['doctor']);
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(SAYS);
  });

  it('end an agent that was at work on them, in order, before it sends anything more', async () => {
    const running: Running = place.start(['start']);
    await until('the agent is ready', () => running.output().includes('"ready"'));
    await upgrade();
    const { code } = await running.ended;
    expect(code).toBe(1);
    expect(running.output()).toMatch(SAYS);
    expect(running.output()).toContain('stopped');
  });
});
