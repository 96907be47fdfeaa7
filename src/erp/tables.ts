// Longer than other files: one type after the other, since a table names others.
import type { ColumnType, Generated } from 'kysely';

/** A column that the database fills with its present time. */
type Moment = ColumnType<Date, Date | undefined, Date>;

/** `ctg_outbox`: changes, written by the ERP in its own transaction (docs/tables.md). */
export type OutboxTable = {
  id: Generated<number>;
  account: Generated<string>;
  entity: string;
  entity_key: string;
  op: Generated<string>;
  payload: string | null;
  created_at: Moment;
  /** The trace that the change belongs to (W3C `traceparent`), where there is one. */
  trace: Generated<string | null>;
};

/** `ctg_delivery`: the ledger, one row per owed effect. */
export type DeliveryTable = {
  id: Generated<number>;
  account: string;
  entity: string;
  entity_key: string;
  op: string;
  interface: string;
  state: string;
  /** `account|entity|key` while this delivery is the open one of its key, else NULL. Unique. */
  open_lane: string | null;
  /** The lane of the record that this one waits for (an order that is not placed yet). */
  waits_for: string | null;
  /** Raised by every change that is absorbed; a send closes the delivery only at the version that it sent. */
  version: number;
  attempts: number;
  /** The record, validated, as JSON text. */
  record: string | null;
  /** What was chosen before the first send and never changes again: keys, lines. JSON text. */
  frozen: string | null;
  /** What earlier sends of this delivery achieved. JSON text. */
  progress: string | null;
  content_hash: string | null;
  idempotency_key: string | null;
  platform_id: string | null;
  /** The last outcome: `accepted`, `rejected`, `busy`, `not-sent`, `in-doubt`, … */
  outcome: string | null;
  /** Why it is as it is, in words: the platform's, or ours. */
  reason: string | null;
  /** The agent that is sending it at present. */
  claimed_by: string | null;
  captured_at: Date;
  created_at: Moment;
  /** When it may be sent (next); NULL where it need not be looked at by itself. */
  due_at: Date | null;
  sent_at: Date | null;
  closed_at: Date | null;
  /** The trace that its sends belong to (W3C `traceparent`), where there is one. */
  trace: Generated<string | null>;
};

/** `ctg_attempt`: every attempt that did not simply succeed. */
export type AttemptTable = {
  id: Generated<number>;
  delivery_id: number;
  at: Moment;
  interface: string;
  stage: string;
  outcome: string;
  message: string | null;
  duration_ms: number;
};

/** `ctg_binding`: what the platform holds for an ERP key. */
export type BindingTable = {
  account: string;
  entity: string;
  entity_key: string;
  platform_id: string | null;
  present: number;
  content_hash: string | null;
  record: string | null;
  delivery_id: number | null;
  updated_at: Moment;
  /** A customer's telephone number, which the database takes out of `record`. */
  phone: ColumnType<string | null, never, never>;
};

/** `ctg_watch`: something still to be polled. */
export type WatchTable = {
  id: Generated<number>;
  account: string;
  poll: string;
  entity_key: string;
  platform_id: string;
  reference: string;
  status: string | null;
  /** Polls since the last change of status. */
  quiet_polls: number;
  /** NULL once nothing more can change. */
  next_at: Date | null;
  changed_at: Moment;
  created_at: Moment;
};

/** `ctg_order_status`, `ctg_logistics_status`, `ctg_return_status`: the current state, one row per order. */
export type StatusTable = {
  account: string;
  platform_id: string;
  entity_key: string;
  status: string;
  message: string | null;
  detail: string | null;
  updated_at: Moment;
};

/** `ctg_inbox`: every change of status ever seen, append-only. */
export type InboxTable = {
  id: Generated<number>;
  account: string;
  kind: string;
  entity_key: string;
  platform_id: string;
  status: string;
  previous_status: string | null;
  message: string | null;
  detail: string | null;
  seen_at: Moment;
};

/** `ctg_mirror`: what the platform holds of customers, relations and discounts, read page by page. */
export type MirrorTable = {
  account: string;
  entity: string;
  /** The platform's id, or the fields that it knows the record by, joined with `|`. */
  identity: string;
  platform_id: string | null;
  /** The record in the ERP's terms, as JSON text. */
  record: string;
  /** The same as in `ctg_binding` for the same record. */
  content_hash: string;
  /** The number of the last walk that met it. */
  walk: number;
  first_seen: Moment;
  last_seen: Moment;
  /** Since when the platform does not show it any more; rows are never deleted. */
  missing_since: Date | null;
  /** The last reconcile that found it to belong to a record of the ERP's. */
  matched_by: number | null;
};

/** `ctg_reconcile`: one row per comparison of the ERP with the platform. */
export type ReconcileTable = {
  id: Generated<number>;
  entity: string;
  /** The only account that is compared; NULL for all. */
  account: string | null;
  mode: string;
  state: string;
  /** The entity while the run goes on, else NULL. Unique: one run at a time. */
  open_entity: string | null;
  requested_by: string;
  agent: string;
  phase: string;
  /** Records of the ERP and rows of the ledger and the mirror that were looked at so far. */
  checked: Generated<number>;
  /** How many of each kind. JSON text. */
  counts: string;
  /** Per account, whether and until when the platform's own list was read. JSON text. */
  platform: string | null;
  reason: string | null;
  started_at: Moment;
  /** When its agent is taken for dead, unless it says before that it lives. */
  alive_until: Moment;
  ended_at: Date | null;
};

/** `ctg_reconcile_finding`: a sample of what a comparison found. */
export type ReconcileFindingTable = {
  id: Generated<number>;
  reconcile_id: number;
  kind: string;
  account: string;
  entity_key: string | null;
  /** The platform's own name for a row that no record of the ERP's belongs to. */
  identity: string | null;
  reason: string | null;
  /** The fields that differ. JSON text, secrets hidden. */
  changes: string | null;
  /** The change that a repair makes of it: `upsert`, `delete`, `force`. */
  repair: string | null;
};

/** `ctg_write_back`: what the ERP's own tables are still to be told, through the statements of the source maps. */
export type WriteBackTable = {
  id: Generated<number>;
  account: string;
  entity: string;
  entity_key: string;
  /** `accepted`, `rejected` or `status`: which statement. */
  kind: string;
  platform_id: string | null;
  op: string | null;
  status: string | null;
  message: string | null;
  attempts: Generated<number>;
  /** Why the last attempt failed. */
  fault: string | null;
  due_at: Moment;
  created_at: Moment;
};

/** `ctg_backfill`: re-syncs of many records, worked through page by page. */
export type BackfillTable = {
  id: Generated<number>;
  /** The account of records whose source map names none. */
  account: string;
  entity: string;
  /** Records that changed since; NULL: all. As the database reads it. */
  since: string | null;
  forced: number;
  /** What it does, while it is open, else NULL. Unique: the same one is never under way twice. */
  open_name: string | null;
  state: string;
  reason: string | null;
  /** Where the next page begins: after this record. */
  after_key: string | null;
  /** Pages written. A page is written only by whom knows this number: two agents never write the same one. */
  pages: Generated<number>;
  records: Generated<number>;
  /** How many records there were when it began, where that can be counted. */
  total: number | null;
  /** The agent that wrote the last page. */
  agent: string | null;
  next_at: Date | null;
  started_at: Moment;
  updated_at: Moment;
  ended_at: Date | null;
};

/** `ctg_alert`: alerts that are on, or coming, or just over. */
export type AlertTable = {
  rule: string;
  subject: string;
  state: string;
  value: number | null;
  detail: string | null;
  since: Date;
  clear_since: Date | null;
  notified_state: string | null;
  notified_at: Date | null;
};

/** `ctg_audit`: what people did through the admin server, append-only. */
export type AuditTable = {
  id: Generated<number>;
  at: Moment;
  actor: string;
  address: string;
  action: string;
  target: string;
  note: string | null;
  /** `begun` until it has ended: what stays so was cut off, and may have taken effect or not. */
  outcome: string;
};

/** `ctg_rate`: sends by the minute (since 1970), which agents count in shards as in `ctg_tally`. */
export type RateTable = { minute: number; shard: number; interface: string; outcome: string; sends: number };

/** All tables that the agent reads and writes. */
export type Tables = {
  ctg_outbox: OutboxTable;
  ctg_delivery: DeliveryTable;
  ctg_attempt: AttemptTable;
  ctg_binding: BindingTable;
  ctg_watch: WatchTable;
  ctg_order_status: StatusTable;
  ctg_logistics_status: StatusTable;
  ctg_return_status: StatusTable;
  ctg_inbox: InboxTable;
  ctg_mirror: MirrorTable;
  ctg_reconcile: ReconcileTable;
  ctg_reconcile_finding: ReconcileFindingTable;
  ctg_backfill: BackfillTable;
  ctg_alert: AlertTable;
  ctg_clock: { name: string; value: number };
  ctg_agent: { id: string; host: string; pid: number; lease_ms: number; started_at: Moment; seen_at: Moment };
  ctg_account: {
    account: string;
    login: string;
    message: string | null;
    profile: string | null;
    checked_at: Moment;
  };
  ctg_tally: { shard: number; entity: string; counter: string; value: number };
  /** Changes that a trigger could not write. */
  ctg_capture_fault: { id: Generated<number>; at: Moment; capture: string; message: string };
  /** What the ERP's own tables are still to be told. */
  ctg_write_back: WriteBackTable;
  ctg_audit: AuditTable;
  ctg_rate: RateTable;
  ctg_intake: { idempotency_key: string; body_hash: string; answer: string; received_at: Moment };
};
