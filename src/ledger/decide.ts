import type { DeliveryState } from './states.ts';

/** A change as it came, with its record read and checked. */
export type Change = {
  readonly op: 'upsert' | 'delete';
  /** Whether it is sent even if nothing changed. */
  readonly force: boolean;
  readonly capturedAt: Date;
  readonly trace?: string | undefined;
  readonly content: Content;
};

/** What a change says: a good record, a faulty one, or (deletions, vanished rows) none. */
export type Content =
  | { readonly kind: 'record'; readonly json: string; readonly hash: string; readonly raw: unknown }
  | { readonly kind: 'invalid'; readonly reason: string; readonly json: string }
  | { readonly kind: 'none' };

/** The open delivery of a lane. */
export type OpenDelivery = {
  readonly id: number;
  readonly version: number;
  readonly state: DeliveryState;
  readonly op: string;
  readonly hash: string | undefined;
  readonly record: string | undefined;
};

/** What the platform holds for a lane. */
export type LaneBinding = {
  readonly present: boolean;
  readonly hash: string | undefined;
  readonly record: string | undefined;
};

/** What the relay knows of one lane when it decides. */
export type LaneState = {
  readonly open: OpenDelivery | undefined;
  readonly binding: LaneBinding | undefined;
  /** The record that the lane's newest delivery was rejected with, if that is how it ended. */
  readonly refused?: string | undefined;
};

/** How an entity's interface treats changes. */
export type LaneRules = {
  /** Several waiting changes become one send of the newest state. */
  readonly latest: boolean;
  readonly changeable: boolean;
  readonly deletable: true | string;
};

/** One thing to write for a lane. */
export type Decision =
  | {
      readonly kind: 'insert';
      readonly state: 'waiting' | 'queued';
      readonly change: Change;
      readonly json: string;
      readonly hash: string;
    }
  | {
      readonly kind: 'absorb';
      readonly id: number;
      readonly version: number;
      readonly change: Change;
      readonly json: string;
      readonly hash: string;
      readonly wake: boolean;
    }
  | {
      readonly kind: 'reject';
      readonly change: Change;
      readonly reason: string;
      readonly json: string | undefined;
    }
  | { readonly kind: 'count'; readonly as: 'superseded' | 'unchanged' };

/**
 * Decides what becomes of the changes of one lane, oldest first. Pure; every change gives exactly one decision, or is
 * counted by one, so that nothing captured is lost.
 */
export function decideLane(changes: readonly Change[], state: LaneState, rules: LaneRules): Decision[] {
  return rules.latest ? decideLatest(changes, state) : decideOnce(changes, state, rules);
}

function decideLatest(changes: readonly Change[], { open, binding, refused }: LaneState): Decision[] {
  const last = changes.at(-1);
  if (!last) return [];
  const older = changes.slice(0, -1).map((): Decision => ({ kind: 'count', as: 'superseded' }));
  const change = changes.some((each) => each.force) ? { ...last, force: true } : last;
  return [...older, isStillFaulty(change, refused) ? UNCHANGED : decideNewest(change, open, binding)];
}

const UNCHANGED: Decision = { kind: 'count', as: 'unchanged' };

/** A faulty record that comes again as it was stays rejected as it is; the same words are not written twice. */
function isStillFaulty({ content, force }: Change, refused: string | undefined): boolean {
  return content.kind === 'invalid' && content.json === refused && !force;
}

function decideNewest(
  change: Change,
  open: OpenDelivery | undefined,
  binding: LaneBinding | undefined,
): Decision {
  const { content } = change;
  if (content.kind === 'invalid')
    return { kind: 'reject', change, reason: content.reason, json: content.json };
  const wanted = wantedState(change, open?.record ?? (binding?.present ? binding.record : undefined));
  if (!wanted) return { kind: 'count', as: 'unchanged' };
  if (open) {
    const same =
      open.hash === wanted.hash && open.op === wanted.change.op && open.state !== 'held' && !change.force;
    return same
      ? { kind: 'count', as: 'unchanged' }
      : {
          kind: 'absorb',
          id: open.id,
          version: open.version,
          ...wanted,
          wake: open.state === 'held' || open.state === 'blocked',
        };
  }
  if (!change.force && isAsBound(wanted.change.op, wanted.hash, binding))
    return { kind: 'count', as: 'unchanged' };
  return { kind: 'insert', state: 'waiting', ...wanted };
}

type Wanted = { change: Change; json: string; hash: string };

/**
 * What the platform should hold after a change. A deletion, or a row that is gone by now, needs the record as it was
 * known last; where none is known, the platform never had it and nothing is wanted.
 */
function wantedState(change: Change, known: string | undefined): Wanted | undefined {
  const { content } = change;
  if (content.kind === 'record') return { change, json: content.json, hash: content.hash };
  if (known === undefined) return undefined;
  return { change: { ...change, op: 'delete' }, json: known, hash: 'deleted' };
}

function isAsBound(op: string, hash: string, binding: LaneBinding | undefined): boolean {
  if (op === 'delete') return !binding?.present;
  return binding?.present === true && binding.hash === hash;
}

function decideOnce(changes: readonly Change[], state: LaneState, rules: LaneRules): Decision[] {
  let open = state.open !== undefined;
  let lastHash = state.open?.hash;
  return changes.map((change) => {
    const decision = isStillFaulty(change, state.refused)
      ? UNCHANGED
      : decideSingle(change, { open, lastHash, binding: state.binding }, rules);
    if (decision.kind === 'insert') {
      open = true;
      lastHash = decision.hash;
    }
    return decision;
  });
}

type SingleState = { open: boolean; lastHash: string | undefined; binding: LaneBinding | undefined };

function decideSingle(change: Change, { open, lastHash, binding }: SingleState, rules: LaneRules): Decision {
  const { content } = change;
  if (content.kind === 'invalid')
    return { kind: 'reject', change, reason: content.reason, json: content.json };
  const known = open || binding?.present === true;
  const deletion = change.op === 'delete' || content.kind === 'none';
  if (deletion && !known) return { kind: 'count', as: 'unchanged' };
  if (deletion && rules.deletable !== true) {
    return { kind: 'reject', change: { ...change, op: 'delete' }, reason: rules.deletable, json: undefined };
  }
  const wanted = wantedState(change, binding?.record);
  if (!wanted) return { kind: 'count', as: 'unchanged' };
  if (open) {
    return lastHash === wanted.hash
      ? { kind: 'count', as: 'unchanged' }
      : { kind: 'insert', state: 'queued', ...wanted };
  }
  if (isAsBound(wanted.change.op, wanted.hash, binding)) return { kind: 'count', as: 'unchanged' };
  if (binding?.present && !rules.changeable) {
    return { kind: 'reject', change, reason: CANNOT_CHANGE, json: wanted.json };
  }
  return { kind: 'insert', state: 'waiting', ...wanted };
}

/** Why a record that was taken once is not sent again with other content. */
export const CANNOT_CHANGE =
  'cannot be changed on the platform: it was placed already, and the platform has no interface to change it';
