import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Database, openDatabase } from '../../src/erp/database.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { createDatabase } from '../support/services/index.ts';
import { createWorkplace, type Workplace } from './running-command.ts';

const SOURCES = `goods:
  table: part
  key: id
  select: SELECT id AS entity_key FROM part WHERE id IN (:keys)
`;

describe.each([
  ['PostgreSQL', inject('postgresUrl')],
  ['MariaDB', inject('mariadbUrl')],
] as const)('ctg-sync capture (%s)', (engine, server) => {
  describe.skipIf(server === null)('on a server', () => {
    let database: Database;
    let workplace: Workplace;
    let drop: () => Promise<void>;
    beforeAll(async () => {
      const created = await createDatabase(server ?? '');
      drop = created.drop;
      database = await openDatabase({ url: created.url, dataDir: 'memory', connections: 2 });
      await sql`CREATE TABLE part (id INT PRIMARY KEY)`.execute(database.kysely);
      workplace = createWorkplace({ DATABASE_URL: created.url, CTG_SOURCES_FILE: 'sources.yaml' });
      workplace.write('sources.yaml', SOURCES);
    });
    afterAll(async () => {
      workplace.remove();
      await database.close();
      await drop();
    });

    it('says first what is lacking', async () => {
      const { code, stderr } = await workplace.run(['capture', 'install']);
      expect([code, stderr]).toEqual([1, expect.stringContaining('Run "ctg-sync migrate" first')]);
      await migrate(database);
      const show = await workplace.run(['capture', 'show']);
      expect([show.code, show.stdout]).toEqual([1, expect.stringContaining('missing')]);
    });

    it('installs, shows and removes', async () => {
      const installed = await workplace.run(['capture', 'install']);
      expect(installed.stdout).toContain('triggers made');
      expect(installed.stdout).toContain('ctg-sync resync goods --all');
      await sql`INSERT INTO part VALUES (7)`.execute(database.kysely);
      const rows = await database.kysely.selectFrom('ctg_outbox').select('entity_key').execute();
      expect(rows).toEqual([{ entity_key: '7' }]);
      expect((await workplace.run(['capture', 'show', '--json'])).code).toBe(0);
      const removed = await workplace.run(['capture', 'remove', '--json']);
      expect(JSON.parse(removed.stdout)).toMatchObject({ removed: engine === 'MariaDB' ? 3 : 4 });
    });

    it('prints statements that an administrator can run', async () => {
      const { stdout } = await workplace.run(['capture', 'install', '--print', '--json']);
      const { statements }: { statements: string[] } = JSON.parse(stdout);
      for (const statement of statements) await sql.raw(statement).execute(database.kysely);
      expect((await workplace.run(['capture', 'show'])).stdout).toContain('All is as the source maps ask.');
    });

    it('needs source maps', async () => {
      const { code, stderr } = await workplace.run(['capture', 'show'], { CTG_SOURCES_FILE: '' });
      expect([code, stderr]).toEqual([1, expect.stringContaining('Set CTG_SOURCES_FILE')]);
    });
  });
});
