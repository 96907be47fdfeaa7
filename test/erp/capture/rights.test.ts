import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installCapture } from '../../../src/erp/capture/install.ts';
import { type Database, openDatabase } from '../../../src/erp/database.ts';
import { describeOnEachDatabase, type ErpDatabase } from '../databases.ts';
import { capture, sourcesOf, takeCaptured, watching } from './captured.ts';

const GOODS = watching({
  entity: 'goods',
  table: 'part',
  watch: [{ table: 'stock', keySelect: 'SELECT p.id AS entity_key FROM part p WHERE p.sku = NEW.sku' }],
});

describeOnEachDatabase('the rights that triggers need', (erp) => {
  describe.skipIf(erp.engine === 'PGlite')('on a server', () => {
    let clerk: Database;
    beforeAll(async () => {
      await erp.run(
        'CREATE TABLE part (id INT PRIMARY KEY, sku VARCHAR(20))',
        'CREATE TABLE stock (sku VARCHAR(20))',
      );
      clerk = await openAs(erp, 'ctg_clerk', ['part', 'stock']);
    });
    afterAll(async () => {
      await clerk.close();
      const dropped = erp.engine === 'MariaDB' ? "DROP USER 'ctg_clerk'@'%'" : 'DROP OWNED BY ctg_clerk';
      await erp.run(dropped);
      if (erp.engine === 'PostgreSQL') await erp.run('DROP ROLE ctg_clerk');
    });

    it('the ERP’s own user needs none on the agent’s tables', async () => {
      await capture(erp, GOODS);
      await clerk.transact(async (transaction) => {
        await transaction
          .insertInto('part' as never)
          .values({ id: 1, sku: 's' } as never)
          .execute();
        await transaction
          .insertInto('stock' as never)
          .values({ sku: 's' } as never)
          .execute();
      });
      expect(await erp.database().kysely.selectFrom('ctg_capture_fault').selectAll().execute()).toEqual([]);
      expect(await takeCaptured(erp)).toEqual(['goods 1', 'goods 1']);
      await expect(clerk.kysely.selectFrom('ctg_outbox').selectAll().execute()).rejects.toThrow(/denied/);
    });

    it('the agent’s user is told which one it lacks', async () => {
      const other = { ...GOODS, columns: ['sku'] };
      const options = { sources: sourcesOf(other), mandatory: false };
      await expect(installCapture(clerk, options)).rejects.toThrow(
        erp.engine === 'MariaDB' ? 'migrate' : 'denied',
      );
    });

    it('a table that stays in use is left alone, and the ERP is not held up', async () => {
      const held = await clerk.kysely.startTransaction().execute();
      await held
        .insertInto('part' as never)
        .values({ id: 2, sku: 't' } as never)
        .execute();
      const options = { sources: sourcesOf({ ...GOODS, columns: ['sku'] }), mandatory: false };
      await expect(installCapture(erp.database(), options)).rejects.toThrow('Nothing is half-done');
      await held.rollback().execute();
      expect((await installCapture(erp.database(), options)).created).toBeGreaterThan(0);
    });
  });
});

async function openAs(erp: ErpDatabase, user: string, tables: readonly string[]): Promise<Database> {
  const url = new URL(erp.url() ?? '');
  if (erp.engine === 'MariaDB') {
    await erp.run(
      `CREATE USER '${user}'@'%' IDENTIFIED BY 'clerk'`,
      ...tables.map((table) => `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO '${user}'@'%'`),
    );
  } else {
    await erp.run(
      `CREATE ROLE ${user} LOGIN PASSWORD 'clerk'`,
      ...tables.map((table) => `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${user}`),
    );
  }
  url.username = user;
  url.password = 'clerk';
  return openDatabase({ url: url.href, dataDir: 'memory', connections: 2 });
}
