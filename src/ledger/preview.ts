import type { SourceMap } from '../config/source-map.ts';
import type { Database, Executor } from '../erp/database.ts';
import { type FaultyKey, readApart } from '../erp/read-apart.ts';
import type { SourceRecord } from '../erp/records.ts';
import type { PlatformInterface } from '../mappers/interface.ts';
import { findBound } from './bindings.ts';
import { type Change, type Decision, decideLane, type LaneState } from './decide.ts';
import { type FieldChange, fieldChanges, fieldsOf } from './field-changes.ts';
import { prepareChange } from './prepare.ts';
import { readLanes } from './relay-store.ts';
import type { KeyPage, ResyncRequest } from './resync.ts';
import { type Lane, laneText } from './states.ts';

/** What a re-sync of one record would do. */
export type Preview = {
  readonly account: string;
  readonly key: string;
  readonly would: 'add' | 'modify' | 'delete' | 'unchanged' | 'invalid' | 'cannot_change';
  readonly reason?: string;
  readonly changes?: readonly FieldChange[];
  /** What it would wait for, in words for people; absent where it could be sent at once. */
  readonly blockedBy?: readonly string[];
};

/** What a preview needs to know. */
export type PreviewContext = {
  readonly map: SourceMap;
  readonly target: PlatformInterface;
  readonly companyOf: (account: string) => string | undefined;
  /** What holds up every send of an account at present: a refused log-in, an open circuit, a paused queue. */
  readonly obstacles: (account: string) => readonly string[];
};

/** Says what a re-sync of these records would do, by the relay's own decision, and does nothing. */
export async function previewKeys(
  database: Database,
  { keys }: Pick<KeyPage, 'keys'>,
  request: ResyncRequest,
  context: PreviewContext,
): Promise<Preview[]> {
  return database.transact(async (transaction) => {
    const records = await readApart(transaction, context.map, keys);
    const prepared = keys.map((key) => prepare(key, records.get(key), request, context));
    const lanes = prepared.map(({ lane }) => lane);
    const states = await readLanes(transaction, database.dialect, lanes);
    const foreseen = prepared.map(({ lane, change }) => {
      const state = states.get(laneText(lane)) ?? { open: undefined, binding: undefined };
      return { lane, state, decision: decideAlone(change, state, context.target) };
    });
    const missing = await missingNeeds(transaction, database, foreseen, context.target);
    return foreseen.map((each) => previewOf(each, missing, context));
  });
}

type Prepared = { readonly lane: Lane; readonly change: Change };

function prepare(
  key: string,
  source: SourceRecord | FaultyKey | undefined,
  { entity, account, force }: ResyncRequest,
  { target, companyOf }: PreviewContext,
): Prepared {
  const lane = { account: source?.account ?? account, entity, key };
  const row = { id: 0, ...lane, op: force ? 'force' : 'upsert', payload: undefined, capturedAt: new Date() };
  const change = prepareChange(row, target, source ?? { vanished: true }, {
    companyId: companyOf(lane.account),
  });
  return { lane, change };
}

type Foreseen = {
  readonly lane: Lane;
  readonly state: LaneState;
  readonly decision: Decision | undefined;
};

function decideAlone(change: Change, state: LaneState, target: PlatformInterface): Decision | undefined {
  const rules = {
    latest: target.kind === 'latest',
    changeable: target.push?.changeable ?? false,
    deletable: target.push?.deletable ?? true,
  };
  return decideLane([change], state, rules)[0];
}

/** The records that must be at the platform first, and are not, by lane text. */
async function missingNeeds(
  executor: Executor,
  { dialect }: Database,
  foreseen: readonly Foreseen[],
  target: PlatformInterface,
): Promise<ReadonlySet<string>> {
  const needed = foreseen.flatMap((each) => needsOf(each, target));
  if (needed.length === 0) return new Set();
  const bound = await findBound(executor, dialect, needed);
  return new Set(needed.map(laneText).filter((lane) => !bound.has(lane)));
}

/** A deletion needs nothing. */
function needsOf({ lane, decision }: Foreseen, { push }: PlatformInterface): Lane[] {
  const sends = decision?.kind === 'insert' || decision?.kind === 'absorb';
  if (!sends || decision.change.op === 'delete') return [];
  const needs = push?.needs(JSON.parse(decision.json)) ?? [];
  return needs.map((need) => ({ account: lane.account, ...need }));
}

function previewOf(each: Foreseen, missing: ReadonlySet<string>, context: PreviewContext): Preview {
  const { lane, state, decision } = each;
  const { account, key } = lane;
  if (!decision || decision.kind === 'count') {
    const { open } = state;
    const reason = open && { reason: `delivery ${open.id} (${open.state}) carries it already` };
    return { account, key, would: 'unchanged', ...reason };
  }
  if (decision.kind === 'reject') return { account, key, ...refused(decision, state) };
  const reason =
    decision.kind === 'absorb' ? `joins delivery ${decision.id}, which is still open` : undefined;
  const blockedBy = [...ownObstacles(each, missing, context.target), ...context.obstacles(account)];
  return {
    account,
    key,
    would: wouldDo(decision.change.op, state),
    ...(reason !== undefined && { reason }),
    ...(decision.change.op !== 'delete' && { changes: changesOf(state, decision.json) }),
    ...(blockedBy.length > 0 && { blockedBy }),
  };
}

/** A good record that is refused was sent once and for all; so was one that cannot be deleted. */
function refused(
  { change, reason, json }: Extract<Decision, { kind: 'reject' }>,
  state: LaneState,
): Omit<Preview, 'account' | 'key'> {
  if (change.content.kind === 'invalid') return { would: 'invalid', reason };
  const changes = change.op === 'delete' ? {} : { changes: changesOf(state, json) };
  return { would: 'cannot_change', reason, ...changes };
}

function wouldDo(op: 'upsert' | 'delete', { binding }: LaneState): 'add' | 'modify' | 'delete' {
  if (op === 'delete') return 'delete';
  return binding?.present ? 'modify' : 'add';
}

function ownObstacles(each: Foreseen, missing: ReadonlySet<string>, target: PlatformInterface): string[] {
  const { state, decision } = each;
  const goesFirst =
    state.open !== undefined && (decision?.kind === 'insert' || state.open.state === 'in_doubt');
  const needs = needsOf(each, target).filter((need) => missing.has(laneText(need)));
  return [
    ...(goesFirst ? [`delivery ${state.open?.id} (${state.open?.state}) goes first`] : []),
    ...needs.map(({ entity, key }) => `${entity} ${key} is not at the platform yet`),
  ];
}

function changesOf({ open, binding }: LaneState, wanted: string | undefined): FieldChange[] {
  const known = open?.record ?? (binding?.present ? binding.record : undefined);
  return fieldChanges(fieldsOf(known), fieldsOf(wanted));
}
