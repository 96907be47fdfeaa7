import type { Database } from '../../erp/database.ts';
import { type Backfill, findBackfill, listBackfills } from '../../ledger/backfill-store.ts';
import { listRuns, type ReconcileRow, readFindings, readRun } from '../../ledger/reconcile-store.ts';
import { interfaceFor } from '../../mappers/registry.ts';
import { findingOf, reportOf } from '../reconcile-routes.ts';
import type { ReportDifference, ReportLine, ReportSource } from './reports.ts';

const SHOWN_REPORTS = 100;
const SHOWN_FINDINGS = 500;

/** The comparisons of the ERP with the platform. */
export function reconcileReports(database: Database): ReportSource {
  return {
    listReports: async () =>
      (await listRuns(database, { limit: SHOWN_REPORTS })).map((row) => lineOfRun(row)),
    readReport: async (id) => {
      const row = await readRun(database, id);
      if (!row) return undefined;
      const secretFields = interfaceFor(row.entity)?.push?.secretFields ?? [];
      const findings = await readFindings(database, id, { limit: SHOWN_FINDINGS });
      return {
        ...lineOfRun(row),
        differences: findings.flatMap((each) => differencesOf(findingOf(each, secretFields))),
      };
    },
  };
}

function lineOfRun(row: ReconcileRow): ReportLine {
  const { id, entity, account, state, startedAt, counts } = reportOf(row);
  const found = Object.entries(counts).filter(([, count]) => count > 0);
  return { id, at: startedAt, account: account ?? '*', entity, state, counts: Object.fromEntries(found) };
}

/** One line a field; a finding without fields (missing, faulty) is one line, with its reason. */
function differencesOf(finding: ReturnType<typeof findingOf>): ReportDifference[] {
  const { kind, account, key, identity, reason, changes = [] } = finding;
  const base = { account, key: key ?? identity ?? '', kind, reason: reason ?? undefined };
  if (changes.length === 0) return [{ ...base, field: undefined, ours: undefined, theirs: undefined }];
  return changes.map(({ field, old, new: wanted }) => ({ ...base, field, ours: wanted, theirs: old }));
}

/** The backfills; they have no differences, only how far they are. */
export function backfillReports(database: Database): ReportSource {
  return {
    listReports: async () => (await listBackfills(database, SHOWN_REPORTS)).map(lineOfBackfill),
    readReport: async (id) => {
      const backfill = await findBackfill(database, id);
      return backfill && { ...lineOfBackfill(backfill), differences: [] };
    },
  };
}

function lineOfBackfill({ id, startedAt, account, entity, state, records, total }: Backfill): ReportLine {
  const counts = { records, ...(total !== undefined && { total }) };
  return { id, at: startedAt, account, entity, state, counts };
}
