import type { ErpDatabase } from './erp-tables.ts';

/** How many changes were taken over, and what became of them; the sum of the rest is `captured`. */
export type Balance = {
  readonly captured: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly superseded: number;
  readonly unchanged: number;
  readonly dropped: number;
  readonly open: number;
  readonly inDoubt: number;
};

/** Reads the agent's account of all changes. */
export async function readBalance(erp: ErpDatabase): Promise<Balance> {
  const tallies = await erp.selectFrom('ctg_tally').select(['counter', 'value']).execute();
  const total = (counter: string): number =>
    tallies.filter((row) => row.counter === counter).reduce((sum, row) => sum + Number(row.value), 0);
  const open = await countOpen(erp);
  return {
    captured: total('captured'),
    accepted: total('accepted'),
    rejected: total('rejected'),
    superseded: total('superseded'),
    unchanged: total('unchanged'),
    dropped: total('dropped'),
    open: open.all - open.inDoubt,
    inDoubt: open.inDoubt,
  };
}

async function countOpen(erp: ErpDatabase): Promise<{ all: number; inDoubt: number }> {
  const rows = await erp.selectFrom('ctg_delivery').select('state').where('closed_at', 'is', null).execute();
  return { all: rows.length, inDoubt: rows.filter((row) => row.state === 'in_doubt').length };
}

/** Whether every captured change is accounted for. */
export function isBalanced({ captured, ...rest }: Balance): boolean {
  return captured === Object.values(rest).reduce((sum, value) => sum + value, 0);
}

/** Whether nothing waits any more, neither in the outbox nor in the ledger. */
export async function isSettled(erp: ErpDatabase): Promise<boolean> {
  const waiting = await erp.selectFrom('ctg_outbox').select('id').limit(1).execute();
  return waiting.length === 0 && (await countOpen(erp)).all === 0;
}

/** The platform's order numbers, by the ERP's. */
export async function readOrderIds(erp: ErpDatabase): Promise<ReadonlyMap<string, string>> {
  const rows = await erp
    .selectFrom('ctg_binding')
    .select(['entity_key', 'platform_id'])
    .where('entity', '=', 'order')
    .execute();
  return new Map(
    rows.flatMap((row) => (row.platform_id === null ? [] : [[row.entity_key, row.platform_id]])),
  );
}

/** One change of status that polling found, for the ERP. */
export type SeenStatus = {
  readonly id: number;
  readonly orderNo: string;
  readonly orderId: string;
  readonly status: string;
  readonly previous: string | undefined;
  readonly at: Date;
};

/** The ERP's inbox (`ctg_inbox`), oldest first, beginning after the row `after`. */
export async function readInbox(erp: ErpDatabase, after = 0): Promise<SeenStatus[]> {
  const rows = await erp
    .selectFrom('ctg_inbox')
    .select(['id', 'entity_key', 'platform_id', 'status', 'previous_status', 'seen_at'])
    .where('id', '>', after)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: Number(row.id),
    orderNo: row.entity_key,
    orderId: row.platform_id,
    status: row.status,
    previous: row.previous_status ?? undefined,
    at: new Date(row.seen_at),
  }));
}

/** How many records of each entity stand rejected. */
export async function countRejected(erp: ErpDatabase): Promise<ReadonlyMap<string, number>> {
  const rows = await erp
    .selectFrom('ctg_delivery')
    .select('entity')
    .where('state', '=', 'rejected')
    .execute();
  const groups = Map.groupBy(rows, (row) => row.entity);
  return new Map([...groups].map(([entity, group]) => [entity, group.length]));
}
