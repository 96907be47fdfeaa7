import { sql } from 'kysely';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { planCapture } from '../../../src/erp/capture/capture.ts';
import { installCapture, removeCapture } from '../../../src/erp/capture/install.ts';
import { migrate } from '../../../src/ledger/migrate.ts';
import { describeOnEachDatabase } from '../databases.ts';
import { capture, sourcesOf, takeCaptured, watching } from './captured.ts';

const GOODS = watching({ entity: 'goods', table: 'part' });

describeOnEachDatabase('the install of triggers', (erp) => {
  const isMaria = erp.engine === 'MariaDB';
  const install = (map = GOODS, mandatory = false) =>
    installCapture(erp.database(), { sources: sourcesOf(map), mandatory });
  const plan = (map = GOODS) => planCapture(erp.database(), { sources: sourcesOf(map), mandatory: false });

  beforeAll(async () => {
    await erp.run(
      'CREATE TABLE part (id INT PRIMARY KEY, name VARCHAR(20))',
      'CREATE TABLE stock (id INT, qty INT)',
      'CREATE VIEW part_view AS SELECT id FROM part',
    );
    await expect(install()).rejects.toThrow('Run "ctg-sync migrate" first');
    await migrate(erp.database());
  });
  afterEach(async () => {
    await removeCapture(erp.database());
    await erp.run('DELETE FROM part', 'DELETE FROM ctg_outbox', 'DELETE FROM ctg_capture_fault');
  });

  it('does nothing the second time', async () => {
    const count = isMaria ? 3 : 4;
    expect(await install()).toMatchObject({ created: count, removed: 0 });
    expect(await install()).toMatchObject({ created: 0, removed: 0, switchedOn: 0 });
    const { triggers } = await plan();
    expect(triggers.map(({ state }) => state)).toEqual(Array(count).fill('installed'));
  });

  it('changes only what another source map asks for', async () => {
    await install();
    const wider = { ...GOODS, watch: [{ table: 'stock' }] };
    expect(await install(wider)).toMatchObject({ created: isMaria ? 3 : 4, removed: 0 });
    expect((await plan({ ...wider, columns: ['name'] })).outdated.map(({ event }) => event)).toEqual(
      isMaria ? ['update'] : expect.arrayContaining(['update']),
    );
    await install({ ...wider, columns: ['name'] });
    await erp.run('INSERT INTO part VALUES (1, NULL)', 'INSERT INTO stock VALUES (2, 1)');
    expect(await takeCaptured(erp)).toEqual(['goods 1', 'goods 2']);
    await install();
    await erp.run('INSERT INTO stock VALUES (3, 1)');
    expect(await takeCaptured(erp)).toEqual([]);
  });

  it('takes everything away again', async () => {
    const before = await definitions();
    await install();
    expect(await definitions()).not.toEqual(before);
    expect(await removeCapture(erp.database())).toMatchObject({ removed: isMaria ? 3 : 4 });
    expect(await definitions()).toEqual(before);
    await erp.run("INSERT INTO part VALUES (1, 'a')");
    expect(await takeCaptured(erp)).toEqual([]);
  });

  it.each([
    [{ table: 'prat' }, 'goods: There is no table "prat" (did you mean "part"?)'],
    [{ key: ['ids'] }, 'goods: The table "part" has no column "ids" (did you mean "id"?)'],
    [{ table: 'part_view' }, 'is not a table (a view'],
    [{ watch: [{ table: 'stock', columns: ['qti'] }] }, 'has no column "qti" (did you mean "qty"?)'],
  ])('names what is not there: %j', async (wrong, problem) => {
    await expect(install({ ...GOODS, ...wrong })).rejects.toThrow(problem);
    expect((await plan()).triggers.every(({ state }) => state === 'missing')).toBe(true);
  });

  it('says which entity has no table to watch', async () => {
    const { table: _, ...none } = GOODS;
    expect(await plan(none)).toMatchObject({ triggers: [], skipped: [{ entity: 'goods' }] });
  });

  describe('when the outbox cannot be written', () => {
    beforeEach(async () => {
      await install();
      await erp.run('ALTER TABLE ctg_outbox RENAME TO ctg_outbox_away');
    });
    afterEach(() => erp.run('ALTER TABLE ctg_outbox_away RENAME TO ctg_outbox'));

    it('the ERP’s own statement works all the same, and what was missed is kept', async () => {
      await erp.run("INSERT INTO part VALUES (1, 'a')", "UPDATE part SET name = 'b'", 'DELETE FROM part');
      const faults = await erp.database().kysely.selectFrom('ctg_capture_fault').selectAll().execute();
      expect(faults).toHaveLength(3);
      expect(faults[0]?.capture).toMatch(/^ctg_cap_goods_/);
      expect(faults[0]?.message).toContain('ctg_outbox');
    });

    it('nor does it fail when the fault itself cannot be kept', async () => {
      await erp.run('ALTER TABLE ctg_capture_fault RENAME TO ctg_capture_fault_away');
      await erp.run("INSERT INTO part VALUES (1, 'a')");
      await erp.run('ALTER TABLE ctg_capture_fault_away RENAME TO ctg_capture_fault');
      const { rows } = await sql`SELECT id FROM part`.execute(erp.database().kysely);
      expect(rows).toHaveLength(1);
    });

    it('it fails where capture is mandatory', async () => {
      await install(GOODS, true);
      await expect(erp.run("INSERT INTO part VALUES (1, 'a')")).rejects.toThrow('ctg_outbox');
      const { rows } = await sql`SELECT id FROM part`.execute(erp.database().kysely);
      expect(rows).toHaveLength(0);
    });
  });

  it('leaves out what the agent itself writes back', async () => {
    await install();
    const { kysely, dialect } = erp.database();
    const say = (on: boolean) =>
      dialect === 'postgres'
        ? sql`SELECT set_config('ctg.write_back', ${on ? 'on' : ''}, true)`
        : sql`SET @ctg_write_back = ${on ? 1 : null}`;
    await kysely.transaction().execute(async (transaction) => {
      await say(true).execute(transaction);
      await sql`INSERT INTO part VALUES (1, 'a')`.execute(transaction);
      await say(false).execute(transaction);
      await sql`INSERT INTO part VALUES (2, 'b')`.execute(transaction);
    });
    expect(await takeCaptured(erp)).toEqual(['goods 2']);
  });

  it.skipIf(isMaria)('switches on what was switched off', async () => {
    await install();
    await erp.run('ALTER TABLE part DISABLE TRIGGER USER');
    expect((await plan()).triggers[0]?.state).toBe('switched off');
    expect(await install()).toMatchObject({ created: 0, switchedOn: 4 });
    await erp.run("INSERT INTO part VALUES (1, 'a')");
    expect(await takeCaptured(erp)).toEqual(['goods 1']);
  });

  it.skipIf(isMaria)('watches a partitioned table, also when the ERP names a partition', async () => {
    await erp.run(
      'CREATE TABLE move (id INT, day DATE) PARTITION BY RANGE (day)',
      "CREATE TABLE move_1 PARTITION OF move FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    );
    await capture(erp, watching({ entity: 'goods', table: 'move' }));
    await erp.run("INSERT INTO move VALUES (1, '2026-02-02')", "INSERT INTO move_1 VALUES (2, '2026-02-02')");
    await erp.run('UPDATE move_1 SET id = 3 WHERE id = 2');
    expect(await takeCaptured(erp)).toEqual(['goods 1', 'goods 2', 'goods 2', 'goods 3']);
    await erp.run('DROP TABLE move');
  });

  /** What a dump would show of triggers and functions. */
  const definitions = async (): Promise<unknown> => {
    const query = isMaria
      ? sql`SELECT TRIGGER_NAME, ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()`
      : sql`SELECT tgname AS name, pg_get_triggerdef(oid) AS text FROM pg_trigger WHERE NOT tgisinternal
          UNION SELECT proname, prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace ORDER BY 1`;
    return (await query.execute(erp.database().kysely)).rows;
  };
});
