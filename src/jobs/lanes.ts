import type { OutboxRow } from '../erp/outbox.ts';
import type { Change } from '../ledger/decide.ts';
import { type Hydrated, outdatedChange, prepareChange } from '../ledger/prepare.ts';
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
  const accountRows = rows.flatMap((each) => byAccount(each, hydrated.get(each)));
  const lanes = Map.groupBy(accountRows, ({ row, account }) => laneText({ ...row, account }));
  return [...lanes.values()].flatMap((changes) => {
    const [first] = changes;
    return first ? [laneChanges(changes, first, companyOf)] : [];
  });
}

function laneChanges(
  rows: readonly AccountRow[],
  { row: { entity, key }, account }: AccountRow,
  companyOf: (account: string) => string | undefined,
): LaneChanges {
  const target = interfaceFor(entity);
  const completion = { companyId: companyOf(account) };
  // Where the newest state is all that counts, the older ones need not be read.
  const firstRead = target?.kind === 'latest' ? rows.length - 1 : 0;
  const changes = rows.map(({ row, source }, index) =>
    index < firstRead ? outdatedChange(row) : prepareChange(row, target, source, completion),
  );
  return { lane: { account, entity, key }, target, changes };
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
