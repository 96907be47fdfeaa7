/** A report as a list shows it. */
export type ReportLine = {
  readonly id: number;
  readonly at: Date;
  /** `*`: all of them. */
  readonly account: string;
  readonly entity: string;
  /** `running`, `done`, or what else its maker calls it. */
  readonly state: string;
  readonly counts: Readonly<Record<string, number>>;
};

/** One field, or one whole record, that differs. */
export type ReportDifference = {
  readonly account: string;
  readonly key: string;
  /** What is wrong with it, in a word: `missing`, `extra`, `differs`. */
  readonly kind: string;
  readonly field: string | undefined;
  readonly ours: unknown;
  readonly theirs: unknown;
  readonly reason: string | undefined;
};

/** A report in full. */
export type Report = ReportLine & { readonly differences: readonly ReportDifference[] };

/** Where the pages "reconcile" and "backfills" read from. */
export type ReportSource = {
  /** The newest first. */
  listReports(): Promise<readonly ReportLine[]>;
  readReport(id: number): Promise<Report | undefined>;
};

/** For as long as nothing makes reports. */
export const NO_REPORTS: ReportSource = {
  listReports: async () => [],
  readReport: async () => undefined,
};
