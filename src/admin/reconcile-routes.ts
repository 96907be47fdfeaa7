import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { FieldChange } from '../ledger/field-changes.ts';
import {
  type FindingRow,
  listRuns,
  type ReconcileMode,
  type ReconcileRow,
  readFindings,
  readRun,
} from '../ledger/reconcile-store.ts';
import { FINDING_KINDS } from '../ledger/reconcile-verdict.ts';
import { interfaceFor } from '../mappers/registry.ts';
import type { AdminContext } from './context.ts';
import { maskField } from './masking.ts';
import { describes } from './openapi.ts';
import { Problem } from './problem.ts';
import { readRequest, requireTarget } from './request.ts';

const asked = z.strictObject({
  entity: z.string(),
  account: z.string().min(1).max(64).optional(),
  repair: z.boolean().default(false),
  dryRun: z.boolean().default(false),
});

const list = z.strictObject({
  entity: z.string().max(32).optional(),
  before: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(20),
});

const one = z.strictObject({ id: z.coerce.number().int().min(1) });

const sample = z.strictObject({
  kind: z.enum(FINDING_KINDS).optional(),
  limit: z.coerce.number().int().min(0).max(2000).default(2000),
});

const BEGIN = describes({
  summary: 'Begins a comparison of the ERP with the platform',
  body: asked,
  status: 202,
});
const LIST = describes({ summary: 'Reports of comparisons, the newest first', query: list });
const ONE = describes({ summary: 'One report with its findings', parameters: one, query: sample });

/**
 * `POST /v1/reconcile` begins a comparison, which goes on by itself; `GET /v1/reconcile` lists the reports, `GET
 * /v1/reconcile/:id` gives one, also while it goes on.
 */
export function addReconcileRoutes(app: FastifyInstance, context: AdminContext): void {
  app.post('/v1/reconcile', BEGIN, async (request, reply) => {
    const { entity, account, repair, dryRun } = readRequest(asked, request.body);
    requireTarget(entity);
    requireAccount(context, account);
    const mode = modeOf(repair, dryRun);
    const started = await context.reconciler.start({ entity, account, mode, requestedBy: 'person' });
    if (started.kind === 'no-source-map') throw noSourceMap(entity);
    if (started.kind === 'busy') throw busy(entity, started.id);
    return reply.code(202).send({ id: started.id, entity, mode, state: 'running' });
  });
  app.get('/v1/reconcile', LIST, async (request) => {
    const { entity, before, limit } = readRequest(list, request.query);
    const rows = await listRuns(context.database, { entity, before, limit });
    return {
      reports: rows.map(reportOf),
      next: rows.length < limit ? null : Number(rows.at(-1)?.id),
    };
  });
  app.get('/v1/reconcile/:id', ONE, async (request) => {
    const { id } = readRequest(one, request.params);
    const { kind, limit } = readRequest(sample, request.query);
    const row = await readRun(context.database, id);
    if (!row) throw noReport(id);
    const secretFields = interfaceFor(row.entity)?.push?.secretFields ?? [];
    const findings = limit === 0 ? [] : await readFindings(context.database, id, { kind, limit });
    return { ...reportOf(row), findings: findings.map((each) => findingOf(each, secretFields)) };
  });
}

function modeOf(repair: boolean, dryRun: boolean): ReconcileMode {
  if (dryRun) return 'dry-run';
  return repair ? 'repair' : 'compare';
}

function requireAccount({ logins }: AdminContext, account: string | undefined): void {
  const known = logins.states().map((state) => state.account);
  if (account === undefined || known.includes(account)) return;
  throw new Problem(422, {
    code: 'UNKNOWN_ACCOUNT',
    message: `There is no account "${account}".`,
    fix: `Use one of ${known.join(', ')}.`,
  });
}

/** A report as it is shown. `differences` are the findings that are neither repaired by this run nor on their way. */
/** A report as it is answered. */
export function reportOf(row: ReconcileRow) {
  const counts = readCounts(row.counts);
  return {
    id: Number(row.id),
    entity: row.entity,
    account: row.account,
    mode: row.mode,
    state: row.state,
    phase: row.phase,
    requestedBy: row.requested_by,
    agent: row.agent,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    reason: row.reason,
    checked: Number(row.checked),
    counts: Object.fromEntries(['same', ...FINDING_KINDS].map((kind) => [kind, counts[kind] ?? 0])),
    repairs: Object.fromEntries(REPAIRS.map((repair) => [repair, counts[`repair_${repair}`] ?? 0])),
    differences: differencesIn(counts, row.mode),
    platform: readWalks(row.platform),
  };
}

const REPAIRS = ['upsert', 'delete', 'force'] as const;
const NO_DIFFERENCE: ReadonlySet<string> = new Set(['on_its_way', 'only_on_platform']);

function differencesIn(counts: Readonly<Record<string, number>>, mode: string): number {
  const found = FINDING_KINDS.filter((kind) => !NO_DIFFERENCE.has(kind));
  const all = found.reduce((sum, kind) => sum + (counts[kind] ?? 0), 0);
  const repaired = REPAIRS.reduce((sum, repair) => sum + (counts[`repair_${repair}`] ?? 0), 0);
  return mode === 'repair' ? all - repaired : all;
}

const countsSchema = z.record(z.string(), z.number());
const walksSchema = z.array(z.record(z.string(), z.unknown()));

function readCounts(json: string): Record<string, number> {
  return countsSchema.parse(JSON.parse(json));
}

function readWalks(json: string | null): Record<string, unknown>[] {
  return json === null ? [] : walksSchema.parse(JSON.parse(json));
}

const changesSchema = z.array(
  z.object({ field: z.string(), old: z.unknown().optional(), new: z.unknown().optional() }),
);

/** A finding as it is answered, secrets hidden. */
export function findingOf(row: FindingRow, secretFields: readonly string[]) {
  return {
    kind: row.kind,
    account: row.account,
    ...(row.entity_key !== null && { key: row.entity_key }),
    ...(row.identity !== null && { identity: row.identity }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.changes !== null && { changes: shownChanges(row.changes, secretFields) }),
    ...(row.repair !== null && { repair: row.repair }),
  };
}

function shownChanges(json: string, secretFields: readonly string[]): FieldChange[] {
  return changesSchema.parse(JSON.parse(json)).map(({ field, ...each }) => ({
    field,
    old: maskField(field, each.old, secretFields),
    new: maskField(field, each.new, secretFields),
  }));
}

function noSourceMap(entity: string): Problem {
  return new Problem(409, {
    code: 'NO_SOURCE_MAP',
    message: `There is no source map for ${entity}, so its records cannot be read.`,
    fix: 'Add it to CTG_SOURCES_FILE.',
  });
}

function busy(entity: string, id: number | undefined): Problem {
  const text = {
    code: 'RECONCILE_RUNNING',
    message: `A comparison of ${entity} goes on already${id === undefined ? '' : `, number ${id}`}.`,
    fix: 'Look at it with GET /v1/reconcile/:id (ctg-sync reconcile --report), and begin another when it has ended.',
  };
  return new Problem(409, text, id === undefined ? {} : { id });
}

function noReport(id: number): Problem {
  return new Problem(404, {
    code: 'NOT_FOUND',
    message: `There is no report ${id}.`,
    fix: 'Look it up with GET /v1/reconcile; the oldest reports are removed.',
  });
}
