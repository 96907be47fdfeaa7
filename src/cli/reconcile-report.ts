import { z } from 'zod';
import { shortTime, table } from './output.ts';

const finding = z.looseObject({
  kind: z.string(),
  account: z.string(),
  key: z.string().optional(),
  identity: z.string().optional(),
  reason: z.string().optional(),
  changes: z
    .array(z.object({ field: z.string(), old: z.unknown().optional(), new: z.unknown().optional() }))
    .optional(),
  repair: z.string().optional(),
});

const walk = z.looseObject({
  account: z.string(),
  complete: z.boolean(),
  endedAt: z.string(),
  reason: z.string().optional(),
});

/** A report without its sample, as `GET /v1/reconcile` gives it. */
export const reportSchema = z.looseObject({
  id: z.number(),
  entity: z.string(),
  mode: z.string(),
  state: z.string(),
  phase: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  reason: z.string().nullable(),
  checked: z.number(),
  counts: z.record(z.string(), z.number()),
  repairs: z.record(z.string(), z.number()),
  differences: z.number(),
  platform: z.array(walk),
});

/** A report with its sample. */
export const fullReportSchema = reportSchema.extend({ findings: z.array(finding) });

/** A report. */
export type Report = z.infer<typeof reportSchema>;

/** A report with its sample. */
export type FullReport = z.infer<typeof fullReportSchema>;

type Finding = z.infer<typeof finding>;

const WORDS: Readonly<Record<string, string>> = {
  missing_on_platform: 'missing on the platform',
  missing_in_erp: 'gone in the ERP, still there on the platform',
  differs: 'differs',
  faulty: 'faulty in the ERP: would be rejected',
  needs_person: 'rejected, given up or held: waits for a correction',
  cannot_change: 'differs, but cannot be changed on the platform',
  on_its_way: 'on its way',
  only_on_platform: 'only on the platform: not from this ERP',
  same: 'same',
};

const FIRST = Object.keys(WORDS);

/** A report in words. */
export function describeReport(report: FullReport): string {
  const counts = FIRST.map((kind) => [WORDS[kind] ?? kind, report.counts[kind] ?? 0] as const);
  const parts = [
    headline(report),
    ...report.platform.map(describeWalk),
    table([['', report.entity], ...counts.map(([words, count]) => [words, count])]),
    ...describeFindings(report),
    conclusion(report),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function headline({ id, entity, state, startedAt, endedAt, checked, reason }: Report): string {
  const end = endedAt === null ? '' : ` to ${shortTime(endedAt)}`;
  const words = reason === null ? '' : ` ${reason}`;
  return `Report ${id} of ${entity}, ${shortTime(startedAt)}${end}: ${state}, ${checked} rows looked at.${words}`;
}

function describeWalk({ account, complete, endedAt, reason }: Report['platform'][number]): string {
  return complete
    ? `The platform's own list of account ${account} was read until ${shortTime(endedAt)}.`
    : `The platform's own list of account ${account} could not be read, so it was compared with the ledger alone: ${reason ?? ''}`;
}

function describeFindings({ findings, counts }: FullReport): string[] {
  return [...Map.groupBy(findings, ({ kind }) => kind)].flatMap(([kind, all]) => {
    const more = (counts[kind] ?? 0) - all.length;
    return [
      '',
      `${WORDS[kind] ?? kind}:`,
      ...all.map(describeFinding),
      ...(more > 0 ? [`  … and ${more} more`] : []),
    ];
  });
}

function describeFinding({ account, key, identity, reason, changes = [] }: Finding): string {
  const name = key ?? identity ?? '';
  const shown = changes.map((each) => `${each.field}: ${text(each.old)} → ${text(each.new)}`);
  const tail = [...shown, ...(reason === undefined ? [] : [reason])].join('; ');
  return `  ${account === 'default' ? '' : `${account} `}${name}${tail === '' ? '' : `  ${tail}`}`;
}

function text(value: unknown): string {
  return value === undefined ? '–' : JSON.stringify(value);
}

function conclusion({ state, mode, differences, repairs }: FullReport): string {
  const sum = Object.values(repairs).reduce((total, count) => total + count, 0);
  if (state !== 'done')
    return '\nIt did not come to its end: the counts are those of the part that was compared.';
  if (mode === 'repair') {
    return `\n${sum} were put into the outbox to be repaired; ${differences} are left for a person.`;
  }
  if (differences === 0) return '\nNo differences.';
  const nothing = mode === 'dry-run' ? ' Nothing was done.' : '';
  return `\n${differences} differences, of which --repair would repair ${sum}.${nothing}`;
}

/** Reports, one a line. */
export function describeReports(reports: readonly Report[]): string {
  if (reports.length === 0) return 'There are none.';
  const rows = reports.map((each) => [
    each.id,
    each.entity,
    each.mode,
    each.state,
    shortTime(each.startedAt),
    each.checked,
    each.counts.same,
    each.differences,
  ]);
  return table([
    ['report', 'entity', 'mode', 'state', 'started', 'looked at', 'same', 'differences'],
    ...rows,
  ]);
}
