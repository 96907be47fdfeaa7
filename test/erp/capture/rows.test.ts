import { sql } from 'kysely';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../databases.ts';
import { capture, inTransaction, takeCaptured, takeKeys, watching } from './captured.ts';

describeOnEachDatabase('capture by triggers', (erp) => {
  const isMaria = erp.engine === 'MariaDB';

  describe('of one table', () => {
    beforeAll(async () => {
      await erp.run('CREATE TABLE part (id INT PRIMARY KEY, name VARCHAR(80), price FLOAT, seen INT)');
      await capture(erp, watching({ entity: 'goods', table: 'part', columns: ['name', 'price'] }));
    });
    beforeEach(async () => {
      await erp.run(
        'DELETE FROM part',
        "INSERT INTO part VALUES (1, 'a', 1, 0), (2, 'b', 2, 0), (3, 'c', 3, 0)",
      );
      await takeCaptured(erp);
    });

    it('takes new, changed and deleted rows', async () => {
      await erp.run("INSERT INTO part VALUES (4, 'd', 4.6728971962617, 0)");
      expect(await takeCaptured(erp)).toEqual(['goods 4']);
      await erp.run('UPDATE part SET price = 9 WHERE id = 2');
      expect(await takeCaptured(erp)).toEqual(['goods 2']);
      await erp.run('DELETE FROM part WHERE id = 3');
      expect(await takeCaptured(erp)).toEqual(['goods 3']);
    });

    it('takes every row of a statement, once', async () => {
      await erp.run('UPDATE part SET price = price * 2');
      expect(await takeCaptured(erp)).toEqual(['goods 1', 'goods 2', 'goods 3']);
      await erp.run('DELETE FROM part');
      expect(await takeCaptured(erp)).toEqual(['goods 1', 'goods 2', 'goods 3']);
    });

    it('takes the old key and the new one when a key is renamed', async () => {
      await erp.run('UPDATE part SET id = 30 WHERE id = 3');
      expect(await takeCaptured(erp)).toEqual(['goods 3', 'goods 30']);
      await inTransaction(erp, "INSERT INTO part VALUES (40, 'd', 1, 0)", 'DELETE FROM part WHERE id = 30');
      expect(await takeCaptured(erp)).toEqual(['goods 30', 'goods 40']);
    });

    it('takes no row whose columns that matter stayed as they were', async () => {
      await erp.run('UPDATE part SET seen = seen + 1');
      await erp.run('UPDATE part SET price = price');
      expect(await takeCaptured(erp)).toEqual([]);
      await erp.run('UPDATE part SET name = NULL WHERE id = 1');
      expect(await takeCaptured(erp)).toEqual(['goods 1']);
    });

    it('takes nothing of what was rolled back', async () => {
      await inTransaction(
        erp,
        'UPDATE part SET price = 5',
        "INSERT INTO part VALUES (9, 'i', 1, 0)",
        'ROLLBACK',
      );
      expect(await takeCaptured(erp)).toEqual([]);
    });

    it('takes a row that came and went in one transaction', async () => {
      await inTransaction(erp, "INSERT INTO part VALUES (9, 'i', 1, 0)", 'DELETE FROM part WHERE id = 9');
      expect(await takeKeys(erp)).toEqual(['goods 9']);
    });

    it.skipIf(isMaria)('takes what TRUNCATE takes away', async () => {
      await erp.run('TRUNCATE part');
      expect(await takeCaptured(erp)).toEqual(['goods 1', 'goods 2', 'goods 3']);
    });

    it.runIf(isMaria)('takes what REPLACE and INSERT … ON DUPLICATE KEY UPDATE change', async () => {
      await erp.run("REPLACE INTO part VALUES (1, 'r', 1, 0)");
      expect(await takeKeys(erp)).toEqual(['goods 1']);
      await erp.run("INSERT INTO part VALUES (2, 'x', 1, 0) ON DUPLICATE KEY UPDATE name = 'y'");
      expect(await takeKeys(erp)).toEqual(['goods 2']);
    });
  });

  describe('of rows that meet a condition', () => {
    beforeAll(async () => {
      await erp.run(
        'CREATE TABLE doc (id INT PRIMARY KEY, kind VARCHAR(20), deleted CHAR(1), note VARCHAR(20), amount INT)',
      );
      const condition = "d.kind = 'd.sale' AND COALESCE(d.deleted, '0') = '0'";
      await capture(
        erp,
        watching({ entity: 'order', table: 'doc', alias: 'd', condition, columns: ['amount'] }),
      );
      await erp.run(
        "INSERT INTO doc VALUES (1, 'd.sale', '0', '', 1), (2, 'd.sale', NULL, '', 1), (3, 'other', '0', '', 1)",
      );
      expect(await takeCaptured(erp)).toEqual(['order 1', 'order 2']);
    });

    it('takes no row that is none before and after', async () => {
      await erp.run('UPDATE doc SET amount = 2 WHERE id = 3', 'DELETE FROM doc WHERE id = 3');
      expect(await takeCaptured(erp)).toEqual([]);
    });

    it('takes a soft deletion, and the way back', async () => {
      await erp.run("UPDATE doc SET deleted = '1' WHERE id IN (1, 2, 77)");
      expect(await takeCaptured(erp)).toEqual(['order 1', 'order 2']);
      await erp.run('UPDATE doc SET amount = 7 WHERE id = 1');
      expect(await takeCaptured(erp)).toEqual([]);
      await erp.run("UPDATE doc SET deleted = '0' WHERE id = 1");
      expect(await takeCaptured(erp)).toEqual(['order 1']);
    });
  });

  describe('of further tables', () => {
    beforeAll(async () => {
      await erp.run(
        'CREATE TABLE article (tenant INT NULL, no VARCHAR(20) NOT NULL, sku VARCHAR(20))',
        'CREATE TABLE stock (tenant INT NULL, no VARCHAR(20), qty INT)',
        'CREATE TABLE translation (sku VARCHAR(20), lang CHAR(2), name VARCHAR(80))',
      );
      await capture(
        erp,
        watching({
          entity: 'goods',
          table: 'article',
          key: ['tenant', 'no'],
          watch: [
            { table: 'stock' },
            {
              table: 'translation',
              keySelect: `SELECT ${isMaria ? "CONCAT(COALESCE(a.tenant, ''), '|', a.no)" : "coalesce(a.tenant::text, '') || '|' || a.no"} AS entity_key
                FROM article a WHERE a.sku = NEW.sku -- by the article's own number`,
              condition: "NEW.lang = 'zh'",
            },
          ],
        }),
      );
      await erp.run("INSERT INTO article VALUES (1, 'A', 's1'), (NULL, 'A', 's2'), (2, 'B', 's2')");
      expect(await takeCaptured(erp)).toEqual(['goods 1|A', 'goods 2|B', 'goods |A']);
    });

    it('finds the record by its columns, a missing tenant among them', async () => {
      await erp.run("INSERT INTO stock VALUES (NULL, 'A', 5), (2, 'B', 1)");
      expect(await takeCaptured(erp)).toEqual(['goods 2|B', 'goods |A']);
      await erp.run("UPDATE stock SET qty = 6 WHERE no = 'B'");
      expect(await takeKeys(erp)).toEqual(['goods 2|B']);
    });

    it('finds the records by a SELECT over the row, before and after', async () => {
      await erp.run("INSERT INTO translation VALUES ('s2', 'en', 'pad'), ('s2', 'zh', '刹车片')");
      expect(await takeCaptured(erp)).toEqual(['goods 2|B', 'goods |A']);
      await erp.run("UPDATE translation SET sku = 's1' WHERE lang = 'zh'");
      expect(await takeKeys(erp)).toEqual(['goods 1|A', 'goods 2|B', 'goods |A']);
      await erp.run("DELETE FROM translation WHERE lang = 'en'");
      expect(await takeCaptured(erp)).toEqual([]);
    });
  });

  describe('of awkward names and keys', () => {
    beforeAll(async () => {
      const quote = isMaria ? '`' : '"';
      const name = (text: string) => `${quote}${text}${quote}`;
      await erp.run(
        `CREATE TABLE ${name('order')} (${name('Order No.')} VARCHAR(60) ${isMaria ? 'CHARACTER SET utf8mb3' : ''}, ${name('when')} DATE)`,
      );
      await capture(
        erp,
        watching({ entity: 'order', table: 'order', key: ['Order No.', 'when'], keySeparator: "'" }),
      );
    });

    it.each(['O\'Neil "7"', '刹车片', 'a%b_c\\'])('takes the key %s as it is', async (key) => {
      const name = isMaria ? '`order`' : '"order"';
      await sql`INSERT INTO ${sql.raw(name)} VALUES (${key}, NULL)`.execute(erp.database().kysely);
      expect(await takeCaptured(erp)).toEqual([`order ${key}'`]);
    });

    it.skipIf(isMaria)('takes a key with an emoji', async () => {
      await sql`INSERT INTO "order" VALUES ('🚗', DATE '2026-03-01')`.execute(erp.database().kysely);
      expect(await takeCaptured(erp)).toEqual(["order 🚗'2026-03-01"]);
    });
  });
});
