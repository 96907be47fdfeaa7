import { sql } from 'kysely';
import { planCapture } from '../../erp/capture/capture.ts';
import type { Database } from '../../erp/database.ts';
import type { Configuration } from '../settings.ts';
import { attempt } from './attempt.ts';
import { type Finding, fault, fine, warning } from './finding.ts';

const WHAT = 'capture';

/** The triggers that the source maps ask for. An ERP may also write the outbox itself: none at all is no fault. */
export async function examineCapture(
  database: Database,
  { sources, settings }: Configuration,
): Promise<readonly Finding[]> {
  if (sources.size === 0 || settings.databaseUrl === undefined) return [];
  const planned = await attempt(
    () => planCapture(database, { sources, mandatory: settings.captureMandatory }),
    15_000,
  );
  // Tables and source maps that do not fit are named by their own checks.
  if (!planned.ok)
    return [warning(WHAT, `could not be looked at (${planned.words}).`, 'see the lines above.')];
  const { triggers, outdated, uncovered } = planned.value;
  const there = triggers.filter(({ state }) => state === 'installed').length;
  if (there === 0 && outdated.length === 0) {
    return [fine(WHAT, 'no triggers; changes come through the outbox, the intake and imports alone')];
  }
  const faults = await countFaults(database);
  const lacking = triggers.length - there + outdated.length;
  return [
    lacking === 0
      ? fine(WHAT, `${there} triggers, as the source maps ask`)
      : fault(WHAT, `${lacking} triggers are not as the source maps ask.`, 'run "ctg-sync capture install".'),
    ...(faults === 0 ? [] : [missed(faults)]),
    ...uncovered.map(({ entity, table, parent }) =>
      warning(
        WHAT,
        `${entity}: what a foreign key to ${parent} changes in ${table} fires no trigger.`,
        'set RECONCILE_CRON, which finds it.',
      ),
    ),
  ];
}

function missed(count: number): Finding {
  return fault(
    WHAT,
    `triggers could not write ${count} changes (table ctg_capture_fault says which, and why).`,
    'remove the cause, run "ctg-sync resync ENTITY --all", then empty ctg_capture_fault.',
  );
}

async function countFaults({ kysely }: Database): Promise<number> {
  const { rows } = await sql<{ count: number | string }>`SELECT count(*) AS count FROM (
    SELECT id FROM ctg_capture_fault LIMIT 10000) AS f`.execute(kysely);
  return Number(rows[0]?.count ?? 0);
}
