import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Dialect } from '../../erp/database.ts';
import { COLUMN_WORDS, type ColumnWords } from './column-words.ts';
import { runStatements } from './run-statements.ts';

/** The tables of the first release: outbox, ledger, and what is written back. */
export function firstTables(dialect: Dialect): Migration {
  return {
    async up(database: Kysely<unknown>): Promise<void> {
      const words = COLUMN_WORDS[dialect];
      await runStatements(database, dialect, [...tables(words), ...indexes(), ...extras(dialect)]);
    },
  };
}

function tables({ id, moment, momentNow, text, json, end }: ColumnWords): string[] {
  const status = (name: string): string => `CREATE TABLE ${name} (account VARCHAR(64) NOT NULL,
    platform_id VARCHAR(128) NOT NULL, entity_key VARCHAR(191) NOT NULL, status VARCHAR(64) NOT NULL,
    message VARCHAR(500) NULL, detail ${text} NULL, updated_at ${momentNow},
    PRIMARY KEY (account, platform_id))${end}`;
  return [
    `CREATE TABLE ctg_outbox (id ${id}, account VARCHAR(64) NOT NULL DEFAULT 'default',
      entity VARCHAR(32) NOT NULL, entity_key VARCHAR(191) NOT NULL, op VARCHAR(8) NOT NULL DEFAULT 'upsert',
      payload ${json} NULL, created_at ${momentNow})${end}`,
    `CREATE TABLE ctg_delivery (id ${id}, account VARCHAR(64) NOT NULL, entity VARCHAR(32) NOT NULL,
      entity_key VARCHAR(191) NOT NULL, op VARCHAR(8) NOT NULL, interface VARCHAR(32) NOT NULL,
      state VARCHAR(16) NOT NULL, open_lane VARCHAR(300) NULL, waits_for VARCHAR(300) NULL,
      version INT NOT NULL DEFAULT 1, attempts INT NOT NULL DEFAULT 0, record ${text} NULL, frozen ${text} NULL,
      progress ${text} NULL, content_hash VARCHAR(64) NULL, idempotency_key VARCHAR(64) NULL,
      platform_id VARCHAR(128) NULL, outcome VARCHAR(32) NULL, reason VARCHAR(1000) NULL,
      claimed_by VARCHAR(64) NULL, captured_at ${momentNow}, created_at ${momentNow}, due_at ${moment},
      sent_at ${moment}, closed_at ${moment})${end}`,
    `CREATE TABLE ctg_attempt (id ${id}, delivery_id BIGINT NOT NULL, at ${momentNow},
      interface VARCHAR(32) NOT NULL, stage VARCHAR(32) NOT NULL, outcome VARCHAR(32) NOT NULL,
      message VARCHAR(1000) NULL, duration_ms INT NOT NULL)${end}`,
    `CREATE TABLE ctg_binding (account VARCHAR(64) NOT NULL, entity VARCHAR(32) NOT NULL,
      entity_key VARCHAR(191) NOT NULL, platform_id VARCHAR(128) NULL, present SMALLINT NOT NULL DEFAULT 1,
      content_hash VARCHAR(64) NULL, record ${text} NULL, delivery_id BIGINT NULL, updated_at ${momentNow},
      PRIMARY KEY (account, entity, entity_key))${end}`,
    `CREATE TABLE ctg_watch (id ${id}, account VARCHAR(64) NOT NULL, poll VARCHAR(32) NOT NULL,
      entity_key VARCHAR(191) NOT NULL, platform_id VARCHAR(128) NOT NULL, reference ${text} NOT NULL,
      status VARCHAR(64) NULL, quiet_polls INT NOT NULL DEFAULT 0, next_at ${moment}, changed_at ${momentNow},
      created_at ${momentNow})${end}`,
    status('ctg_order_status'),
    status('ctg_logistics_status'),
    status('ctg_return_status'),
    `CREATE TABLE ctg_inbox (id ${id}, account VARCHAR(64) NOT NULL, kind VARCHAR(32) NOT NULL,
      entity_key VARCHAR(191) NOT NULL, platform_id VARCHAR(128) NOT NULL, status VARCHAR(64) NOT NULL,
      previous_status VARCHAR(64) NULL, message VARCHAR(500) NULL, detail ${text} NULL, seen_at ${momentNow})${end}`,
    `CREATE TABLE ctg_mirror (account VARCHAR(64) NOT NULL, entity VARCHAR(32) NOT NULL,
      identity VARCHAR(191) NOT NULL, platform_id VARCHAR(128) NULL, record ${text} NOT NULL,
      content_hash VARCHAR(64) NOT NULL, walk BIGINT NOT NULL, first_seen ${momentNow}, last_seen ${momentNow},
      missing_since ${moment}, PRIMARY KEY (account, entity, identity))${end}`,
    `CREATE TABLE ctg_clock (name VARCHAR(32) NOT NULL PRIMARY KEY, value BIGINT NOT NULL)${end}`,
    `CREATE TABLE ctg_agent (id VARCHAR(64) NOT NULL PRIMARY KEY, host VARCHAR(191) NOT NULL, pid INT NOT NULL,
      lease_ms INT NOT NULL,
      started_at ${momentNow}, seen_at ${momentNow})${end}`,
    `CREATE TABLE ctg_account (account VARCHAR(64) NOT NULL PRIMARY KEY, login VARCHAR(16) NOT NULL,
      message VARCHAR(500) NULL, profile ${text} NULL, checked_at ${momentNow})${end}`,
    `CREATE TABLE ctg_tally (shard INT NOT NULL, entity VARCHAR(32) NOT NULL, counter VARCHAR(16) NOT NULL,
      value BIGINT NOT NULL, PRIMARY KEY (shard, entity, counter))${end}`,
    `CREATE TABLE ctg_intake (idempotency_key VARCHAR(191) NOT NULL PRIMARY KEY, body_hash VARCHAR(64) NOT NULL,
      answer ${text} NOT NULL, received_at ${momentNow})${end}`,
    "INSERT INTO ctg_clock (name, value) VALUES ('key', 0), ('relay', 0)",
  ];
}

function indexes(): string[] {
  return [
    'CREATE INDEX ctg_outbox_entity ON ctg_outbox (entity, id)',
    'CREATE UNIQUE INDEX ctg_delivery_open ON ctg_delivery (open_lane)',
    'CREATE INDEX ctg_delivery_record ON ctg_delivery (entity, entity_key, account, state, id)',
    'CREATE INDEX ctg_delivery_state ON ctg_delivery (state, id)',
    'CREATE INDEX ctg_delivery_due ON ctg_delivery (due_at)',
    'CREATE INDEX ctg_delivery_waits ON ctg_delivery (waits_for)',
    'CREATE INDEX ctg_delivery_key ON ctg_delivery (idempotency_key)',
    'CREATE INDEX ctg_delivery_platform ON ctg_delivery (platform_id)',
    'CREATE INDEX ctg_attempt_delivery ON ctg_attempt (delivery_id)',
    'CREATE UNIQUE INDEX ctg_binding_platform ON ctg_binding (account, entity, platform_id)',
    'CREATE UNIQUE INDEX ctg_watch_target ON ctg_watch (account, poll, platform_id)',
    'CREATE INDEX ctg_watch_due ON ctg_watch (poll, next_at)',
    'CREATE INDEX ctg_inbox_record ON ctg_inbox (entity_key)',
    'CREATE INDEX ctg_order_status_record ON ctg_order_status (entity_key)',
    'CREATE INDEX ctg_logistics_status_record ON ctg_logistics_status (entity_key)',
    'CREATE INDEX ctg_return_status_record ON ctg_return_status (entity_key)',
  ];
}

/** PostgreSQL wakes the relay at the ERP's commit; MySQL has no such signal and is polled. */
function extras(dialect: Dialect): string[] {
  if (dialect === 'mysql') return [];
  return [
    `CREATE FUNCTION ctg_outbox_wake() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN PERFORM pg_notify('ctg_outbox', ''); RETURN NULL; END $$`,
    `CREATE TRIGGER ctg_outbox_wake AFTER INSERT ON ctg_outbox FOR EACH STATEMENT EXECUTE FUNCTION ctg_outbox_wake()`,
  ];
}
