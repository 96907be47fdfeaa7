import type { OutboxRow } from '../erp/outbox.ts';
import type { Change } from '../ledger/decide.ts';
import { type Hydrated, prepareChange } from '../ledger/prepare.ts';
import { type Lane, laneText } from '../ledger/states.ts';
import type { PlatformInterface } from '../mappers/interface.ts';
import { interfaceFor } from '../mappers/registry.ts';
import type { HydratedRow } from './hydrate.ts';

/** Changes of one record, oldest first. */
export type LaneChanges = {
  readonly lane: Lane;
  readonly target: PlatformInterface | undefined;
  readonly changes: Change[];
};

/** What a row says of one account's record. */
type AccountRow = {
  readonly row: OutboxRow;
  readonly account: string;
  readonly source: Hydrated | undefined;
};

/** The changes of each record, of all rows, in the rows' order. */
export function groupByLane(
  rows: readonly OutboxRow[],
  hydrated: ReadonlyMap<OutboxRow, HydratedRow>,
  companyOf: (account: string) => string | undefined,
): LaneChanges[] {
  const lanes = new Map<string, LaneChanges>();
  for (const { row, account, source } of rows.flatMap((each) => byAccount(each, hydrated.get(each)))) {
    const lane = { account, entity: row.entity, key: row.key };
    const target = interfaceFor(row.entity);
    const change = prepareChange(row, target, source, { companyId: companyOf(account) });
    const known = lanes.get(laneText(lane));
    if (known) known.changes.push(change);
    else lanes.set(laneText(lane), { lane, target, changes: [change] });
  }
  return [...lanes.values()];
}

/**
 * A record that moved to another account is gone from the one before: that is a change of its own. What happens once (an
 * order) stays where it happened: in another account it would happen a second time.
 */
function byAccount(row: OutboxRow, source: HydratedRow | undefined): AccountRow[] {
  const { knownIn = [] } = source ?? {};
  const account = source?.account || row.account;
  const gone = (accounts: readonly string[]): AccountRow[] =>
    accounts.map((each) => ({ row, account: each, source: { vanished: true } }));
  // A deletion means the account that it names, wherever the ERP has the record by now.
  if (row.op === 'delete' && knownIn.includes(row.account)) return gone([row.account]);
  if (source && 'vanished' in source && knownIn.length > 0) return gone(knownIn);
  // Nothing was read, so nothing is known to have moved.
  if (source && 'fault' in source) return [{ row, account, source }];
  const others = knownIn.filter((each) => each !== account);
  if (interfaceFor(row.entity)?.kind === 'latest') return [{ row, account, source }, ...gone(others)];
  const [before] = knownIn.includes(account) ? [] : others;
  return [{ row, account: before ?? account, source }];
}
