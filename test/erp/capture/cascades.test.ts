import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../databases.ts';
import { capture, takeCaptured, takeKeys, watching } from './captured.ts';

describeOnEachDatabase('capture of what foreign keys change', (erp) => {
  const isMaria = erp.engine === 'MariaDB';

  beforeAll(async () => {
    await erp.run(
      'CREATE TABLE company (id INT PRIMARY KEY)',
      `CREATE TABLE customer (id INT PRIMARY KEY, company_id INT,
        FOREIGN KEY (company_id) REFERENCES company (id) ON DELETE CASCADE)`,
      `CREATE TABLE sale (id INT PRIMARY KEY, customer_id INT, kind VARCHAR(8),
        FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE ON UPDATE CASCADE)`,
      `CREATE TABLE sale_line (sale_id INT, no INT, part_id INT, PRIMARY KEY (sale_id, no),
        FOREIGN KEY (sale_id) REFERENCES sale (id) ON DELETE CASCADE ON UPDATE CASCADE)`,
      `CREATE TABLE phone (customer_id INT,
        FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE SET NULL)`,
      `CREATE TABLE category (id INT PRIMARY KEY, parent_id INT,
        FOREIGN KEY (parent_id) REFERENCES category (id) ON DELETE CASCADE)`,
    );
  });
  beforeEach(async () => {
    await erp.run(
      'DELETE FROM company',
      'DELETE FROM phone',
      'INSERT INTO company VALUES (1), (2)',
      'INSERT INTO customer VALUES (10, 1), (20, 2)',
      "INSERT INTO sale VALUES (100, 10, 'sale'), (101, 10, 'draft'), (200, 20, 'sale')",
      'INSERT INTO sale_line VALUES (100, 1, 7), (100, 2, 8), (200, 1, 9)',
      'INSERT INTO phone VALUES (10), (20)',
    );
  });

  it('sees the rows that go with their parent’s parent', async () => {
    await capture(
      erp,
      watching({
        entity: 'order',
        table: 'sale',
        condition: "t.kind = 'sale'",
        watch: [{ table: 'sale_line', key: ['sale_id'] }],
      }),
    );
    await takeCaptured(erp);
    await erp.run('DELETE FROM sale_line WHERE sale_id = 100');
    expect(await takeKeys(erp)).toEqual(['order 100']);
    await erp.run('DELETE FROM company WHERE id = 2');
    expect(await takeKeys(erp)).toEqual(['order 200']);
    await erp.run('DELETE FROM customer WHERE id = 10');
    expect(await takeKeys(erp)).toEqual(['order 100']);
  });

  it('sees the lines of a record whose parent took them with it', async () => {
    await capture(erp, watching({ entity: 'goods', table: 'sale_line', key: ['part_id'] }));
    await takeCaptured(erp);
    await erp.run('DELETE FROM company WHERE id = 1');
    expect(await takeKeys(erp)).toEqual(['goods 7', 'goods 8']);
  });

  it('sees the old key and the new one when a parent’s key is changed', async () => {
    await capture(erp, watching({ entity: 'order', table: 'sale_line', key: ['sale_id', 'no'] }));
    await takeCaptured(erp);
    await erp.run('UPDATE sale SET id = 300 WHERE id = 100');
    expect(await takeKeys(erp)).toEqual(['order 100|1', 'order 100|2', 'order 300|1', 'order 300|2']);
    await erp.run("UPDATE sale SET kind = 'x'");
    expect(await takeKeys(erp)).toEqual([]);
  });

  it('sees the rows that lose their parent', async () => {
    await capture(
      erp,
      watching({ entity: 'customer', table: 'company', watch: [{ table: 'phone', key: ['customer_id'] }] }),
    );
    await takeCaptured(erp);
    await erp.run('DELETE FROM customer WHERE id = 20');
    expect(await takeKeys(erp)).toEqual(['customer 20']);
  });

  it.runIf(isMaria)('says which cascades no trigger can follow', async () => {
    const { uncovered } = await capture(
      erp,
      watching({
        entity: 'goods',
        table: 'category',
        watch: [{ table: 'phone', keySelect: 'SELECT NEW.customer_id AS entity_key' }],
      }),
    );
    expect(uncovered).toEqual([
      { entity: 'goods', table: 'category', parent: 'category', reason: 'the table refers to itself' },
      { entity: 'goods', table: 'phone', parent: 'customer', reason: expect.stringContaining('keySelect') },
      { entity: 'goods', table: 'phone', parent: 'company', reason: expect.stringContaining('keySelect') },
    ]);
  });
});
