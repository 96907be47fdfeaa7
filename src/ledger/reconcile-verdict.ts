import type { Content } from './decide.ts';
import { type FieldChange, fieldChanges, fieldsOf } from './field-changes.ts';
import type { BoundStanding, OpenStanding, Standing } from './standings.ts';

/** What a comparison can find of one record. */
export const FINDING_KINDS = [
  'missing_on_platform',
  'missing_in_erp',
  'differs',
  'faulty',
  'needs_person',
  'cannot_change',
  'on_its_way',
  'only_on_platform',
] as const;

/**
 * `missing_on_platform`: the ERP has it, the platform does not. `missing_in_erp`: the platform still has it, the ERP does
 * not (any more). `differs`: both have it, with other fields. `faulty`: the ERP's record would be rejected. `needs_person`:
 * it was rejected, given up or held as it is. `cannot_change`: it differs, but it was sent once and for all. `on_its_way`:
 * its change has not arrived yet. `only_on_platform`: no record of the ERP's ever belonged to it.
 */
export type FindingKind = (typeof FINDING_KINDS)[number];

/** The change that a repair writes: `delete` carries the ledger's record, the others are read when their turn comes. */
export type Repair = 'upsert' | 'delete' | 'force';

/** What one record came to. */
export type Verdict = {
  readonly kind: FindingKind | 'same';
  readonly reason?: string;
  readonly changes?: readonly FieldChange[];
  readonly repair?: Repair;
};

/** What the platform's own list says of a record; `unknown` where there is no list that is newer than what was sent. */
export type PlatformView =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'row'; readonly record: Readonly<Record<string, unknown>> };

const SAME: Verdict = { kind: 'same' };
const LEDGER_KNOWS_NOT = 'the platform has it already, but the ledger does not know';

/** What is compared: the ERP's record as it would be sent, the ledger's side, and the platform's. */
export type Compared = {
  readonly content: Content;
  readonly standing: Standing;
  readonly platform: PlatformView;
  /** Whether records of this entity are sent once and never again. */
  readonly once: boolean;
};

/** Judges a record that the ERP has. Pure. */
export function judgeRecord({ content, standing, platform, once }: Compared): Verdict {
  if (content.kind === 'invalid') return { kind: 'faulty', reason: content.reason };
  if (content.kind === 'none') return SAME;
  const { open, binding, history } = standing;
  const wanted = { hash: content.hash, record: fieldsOf(content.json) };
  if (history?.inOutbox) return IN_OUTBOX;
  if (open) return judgeOpen(open, wanted, { once, bound: binding?.present === true });
  if (binding?.present && binding.hash === wanted.hash) return judgeBelieved(wanted, platform);
  if (binding?.present && once) return judgePlaced(binding, wanted);
  if (isRefusedAlike(standing, wanted.hash)) {
    return { kind: 'needs_person', reason: `${history?.last?.state}: ${history?.last?.reason ?? ''}` };
  }
  return judgeOther(binding, wanted, platform);
}

type WantedRecord = { readonly hash: string; readonly record: Readonly<Record<string, unknown>> };

const IN_OUTBOX: Verdict = { kind: 'on_its_way', reason: 'waits in the outbox' };

/** A change that the ERP did not report shows as an open delivery with another state. */
function judgeOpen(
  open: OpenStanding,
  wanted: WantedRecord,
  { once, bound }: { readonly once: boolean; readonly bound: boolean },
): Verdict {
  if (once || open.hash === wanted.hash) return openVerdict(open);
  const reason = `delivery ${open.id} (${open.state}) carries another state`;
  const changes = open.op === 'delete' ? [] : fieldChanges(fieldsOf(open.record), wanted.record);
  return { kind: bound ? 'differs' : 'missing_on_platform', reason, changes, repair: 'upsert' };
}

function openVerdict({ id, state, reason }: OpenStanding): Verdict {
  const words = reason === undefined ? '' : `: ${reason}`;
  return {
    kind: state === 'held' ? 'needs_person' : 'on_its_way',
    reason: `delivery ${id} is ${state}${words}`,
  };
}

/** The ledger says that the platform has just this. A repair must force what the ledger takes for unchanged. */
function judgeBelieved({ record }: WantedRecord, platform: PlatformView): Verdict {
  switch (platform.kind) {
    case 'unknown':
      return SAME;
    case 'absent':
      return {
        kind: 'missing_on_platform',
        reason: 'was accepted, but the platform does not list it',
        repair: 'force',
      };
    case 'row': {
      const changes = platformChanges(platform.record, record);
      return changes.length === 0 ? SAME : { kind: 'differs', changes, repair: 'force' };
    }
  }
}

/** What was bound by hand has no content to compare with. */
function judgePlaced({ hash, record }: BoundStanding, wanted: WantedRecord): Verdict {
  if (hash === undefined) return SAME;
  return {
    kind: 'cannot_change',
    reason: 'was sent already, and is not sent a second time',
    changes: fieldChanges(fieldsOf(record), wanted.record),
  };
}

/** The same content was refused, or given up by a person: sent again it would end in the same way. */
function isRefusedAlike({ history }: Standing, hash: string): boolean {
  const last = history?.last;
  return last?.hash === hash && (last.state === 'rejected' || last.state === 'dropped');
}

function judgeOther(
  binding: BoundStanding | undefined,
  { record }: WantedRecord,
  platform: PlatformView,
): Verdict {
  if (platform.kind === 'row') {
    const changes = platformChanges(platform.record, record);
    const reason = changes.length === 0 ? { reason: LEDGER_KNOWS_NOT } : {};
    return { kind: 'differs', changes, repair: 'upsert', ...reason };
  }
  if (!binding?.present || platform.kind === 'absent')
    return { kind: 'missing_on_platform', repair: 'upsert' };
  return { kind: 'differs', changes: fieldChanges(fieldsOf(binding.record), record), repair: 'upsert' };
}

/** The platform does not show every field (接口 5: whose customer it is): only those that it shows are compared. */
function platformChanges(
  shown: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
): FieldChange[] {
  return fieldChanges(shown, wanted, Object.keys(shown));
}

/** A record that the ledger takes to be at the platform, and the ERP does not have (in this account). */
export type Vanished = {
  readonly standing: Standing;
  readonly platform: PlatformView;
  readonly once: boolean;
  /** Why it cannot be deleted there, where it cannot. */
  readonly deletable: true | string;
  /** The account that the ERP's record belongs to now, where that is another one. */
  readonly movedTo: string | undefined;
  /** Whether its deletion must bring the record along: the relay would look for it in another account. */
  readonly byRecord: boolean;
};

/** Judges a record that the ERP does not have any more. Pure. */
export function judgeVanished(vanished: Vanished): Verdict {
  const { standing, platform, once, deletable, movedTo, byRecord } = vanished;
  const { open, binding, history } = standing;
  if (history?.inOutbox) return IN_OUTBOX;
  if (open && (once || open.op === 'delete')) return openVerdict(open);
  if (once) {
    const reason = deletable === true ? 'was sent already; delete it by a change of its own' : deletable;
    return { kind: 'cannot_change', reason };
  }
  const last = open ? undefined : history?.last;
  if (last?.op === 'delete' && last.state === 'unchanged') return SAME;
  if (last?.op === 'delete' && (last.state === 'rejected' || last.state === 'dropped')) {
    return { kind: 'needs_person', reason: `its deletion was ${last.state}: ${last.reason ?? ''}` };
  }
  if (binding?.record === undefined) {
    return { kind: 'needs_person', reason: 'the ledger has no record to delete it with' };
  }
  const repair = byRecord ? 'delete' : 'upsert';
  return { kind: 'missing_in_erp', reason: vanishedReason(platform, movedTo), repair };
}

function vanishedReason(platform: PlatformView, movedTo: string | undefined): string {
  if (movedTo !== undefined) return `belongs to the account ${movedTo} now`;
  return platform.kind === 'absent'
    ? 'is gone in the ERP, and the platform does not list it either'
    : 'is gone in the ERP, or does not meet the condition of its source map';
}
