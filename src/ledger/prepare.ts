import { hash } from 'node:crypto';
import type { OutboxRow } from '../erp/outbox.ts';
import type { FaultyKey } from '../erp/read-apart.ts';
import type { SourceRecord } from '../erp/records.ts';
import type { PlatformInterface } from '../mappers/interface.ts';
import type { Change, Content } from './decide.ts';

/** A record as its source map gave it; `vanished` when the map no longer selects it; or why its key is none. */
export type Hydrated =
  | SourceRecord
  | FaultyKey
  | { readonly vanished: true; readonly account?: string | undefined };

/** What completes a record that an ERP need not fill in itself. */
export type Completion = {
  /** The company of the change's account, where it is known (setting, or the log-in's profile). */
  readonly companyId: string | undefined;
};

/**
 * Turns an outbox row into a change: its record read, completed and checked. A faulty record stays visible with the
 * reason; it is no error here.
 */
export function prepareChange(
  row: OutboxRow,
  target: PlatformInterface | undefined,
  hydrated: Hydrated | undefined,
  completion: Completion,
): Change {
  return { ...outdatedChange(row), content: readContent(row, target, hydrated, completion) };
}

/** A change that a later one has overtaken, so that what it says does not matter any more. */
export function outdatedChange({ op, capturedAt, trace }: OutboxRow): Change {
  const change = {
    op: op === 'delete' ? 'delete' : 'upsert',
    force: op === 'force',
    capturedAt,
    trace,
  } as const;
  return { ...change, content: { kind: 'none' } };
}

function readContent(
  row: OutboxRow,
  target: PlatformInterface | undefined,
  hydrated: Hydrated | undefined,
  completion: Completion,
): Content {
  const vanished = hydrated !== undefined && 'vanished' in hydrated;
  const raw = row.payload ?? (hydrated !== undefined && 'record' in hydrated ? hydrated.record : undefined);
  if (!target?.push) return invalid(raw, `entity: "${row.entity}" is not an entity that the platform takes`);
  if (row.key === '') return invalid(raw, 'entity_key: must not be empty');
  if (!['upsert', 'delete', 'force'].includes(row.op))
    return invalid(raw, `op: "${row.op}" is neither upsert nor delete`);
  if (hydrated !== undefined && 'fault' in hydrated && row.op !== 'delete') {
    return invalid(raw, `entity_key: cannot be read through the source map: ${hydrated.fault}`);
  }
  if (raw === undefined && (row.op === 'delete' || vanished)) return { kind: 'none' };
  if (raw === undefined) {
    return invalid(
      raw,
      `payload: is empty, and there is no source map for ${row.entity} (CTG_SOURCES_FILE) to read the record with`,
    );
  }
  const parsed = target.push.parse(complete(raw, completion, target));
  if (!parsed.ok) return invalid(raw, parsed.reason);
  const json = JSON.stringify(parsed.record);
  return { kind: 'record', json, hash: hash('sha256', json, 'base64url'), raw: parsed.record };
}

function invalid(raw: unknown, reason: string): Content {
  return { kind: 'invalid', reason, json: JSON.stringify(raw ?? null) };
}

/** Fills in the account's company where the interface wants one and the record has none. */
function complete(raw: unknown, { companyId }: Completion, { push }: PlatformInterface): unknown {
  if (companyId === undefined || !push?.companyField) return raw;
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return raw;
  const record: Record<string, unknown> = { ...raw };
  const present = record[push.companyField];
  return present === undefined || present === null || present === ''
    ? { ...record, [push.companyField]: companyId }
    : record;
}
