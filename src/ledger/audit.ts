import type { Database } from '../erp/database.ts';

/** What a person is about to do. */
export type AuditEntry = {
  /** The token's name, and the user that a browser gave with it. */
  readonly actor: string;
  readonly address: string;
  readonly action: string;
  readonly target: string;
  readonly note: string | undefined;
};

/** An entry of the audit log, as it is shown. */
export type AuditLine = {
  readonly id: number;
  readonly at: Date;
  readonly actor: string;
  readonly address: string;
  readonly action: string;
  readonly target: string;
  readonly note: string | null;
  /** `begun`, `done`, or `refused: …` with the reason. */
  readonly outcome: string;
};

const BEGUN = 'begun';

/**
 * Writes down what is about to be done, before it is: if the process dies in the middle, the entry stays `begun`.
 * Nothing is done where this cannot be written.
 */
export async function beginAudit({ kysely, dialect }: Database, entry: AuditEntry): Promise<number> {
  const values = {
    actor: entry.actor.slice(0, 100),
    address: entry.address.slice(0, 64),
    action: entry.action.slice(0, 64),
    target: entry.target.slice(0, 300),
    note: entry.note?.slice(0, 500) ?? null,
    outcome: BEGUN,
  };
  // The two SQL families give the new id in different ways.
  const insertion = kysely.insertInto('ctg_audit').values(values);
  if (dialect === 'postgres') return (await insertion.returning('id').executeTakeFirstOrThrow()).id;
  return Number((await insertion.executeTakeFirstOrThrow()).insertId);
}

/** Writes down how it ended. */
export async function endAudit({ kysely }: Database, id: number, outcome: string): Promise<void> {
  await kysely
    .updateTable('ctg_audit')
    .set({ outcome: outcome.slice(0, 500) })
    .where('id', '=', id)
    .execute();
}

/** A page of the audit log, newest first; `next` is the `before` of the following page. */
export async function listAudit(
  { kysely }: Database,
  page: { readonly before: number | undefined; readonly limit: number },
): Promise<{ readonly entries: readonly AuditLine[]; readonly next: number | undefined }> {
  const query = kysely.selectFrom('ctg_audit').selectAll().orderBy('id', 'desc').limit(page.limit);
  const entries = await (page.before === undefined ? query : query.where('id', '<', page.before)).execute();
  return { entries, next: entries.length === page.limit ? entries.at(-1)?.id : undefined };
}
