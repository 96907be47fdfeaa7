import type { DeliveryHistory, Timeline } from '../../ledger/timeline.ts';
import { interfaceNamed } from '../../mappers/registry.ts';
import type { Console, View } from './page.ts';

/** What the newest change of a record waits for, in words; undefined when nothing is owed. */
export function waitsFor(view: View, console: Console, timeline: Timeline): string | undefined {
  // Newest first: the last one that is owed is the one that goes next.
  const open = timeline.deliveries.findLast(({ state }) => OWED.has(state));
  if (open) return whatFor(view, console, open);
  return timeline.waitingInOutbox > 0 ? view.t('waitsRelay') : undefined;
}

const OWED: ReadonlySet<string> = new Set(['waiting', 'in_doubt', 'blocked', 'held']);

function whatFor({ t, word }: View, { context }: Console, open: DeliveryHistory): string {
  if (open.state === 'held') return t('waitsPerson');
  if (open.state === 'blocked') return t('waitsRecord', { record: otherRecord(word, open) });
  const refusal = context.logins.refusal(open.account);
  if (refusal !== undefined) return t('waitsLogin', { account: open.account, message: refusal });
  const system = interfaceNamed(open.interface)?.system;
  if (system !== undefined && context.gateway.circuits()[system].state !== 'closed')
    return t('waitsSystem', { system: word('system', system) });
  if (open.claimed_by !== null) return t('waitsSend');
  return open.reason === null ? t('waitsTurn') : t('waitsRetry');
}

/** `account|entity|key`, as the ledger has it; a key may hold the same stroke. */
function otherRecord(word: View['word'], { waits_for: lane }: DeliveryHistory): string {
  const [, entity = '', ...key] = (lane ?? '').split('|');
  return `${word('entity', entity)} ${key.join('|')}`;
}
