import type { Logger } from 'pino';
import { maskPhones } from '../config/redaction.ts';
import type { ClaimedDelivery } from '../ledger/claims.ts';
import type { Settled } from '../ledger/settle.ts';
import type { Settlement } from '../ledger/settlement.ts';
import type { Span, Tracer } from './tracing.ts';

/** Begins one turn of a delivery in the trace of its change. */
export function beginAttempt(
  tracer: Tracer,
  { trace, entity, key, account, id, attempt }: ClaimedDelivery,
): Span {
  const facts = {
    'ctg.entity': entity,
    'ctg.key': key,
    'ctg.account': account,
    'ctg.delivery': id,
    'ctg.attempt': attempt,
  };
  return tracer.start('deliver', { parent: trace, facts });
}

/** Writes what the attempt came to with `write`, which ends it. */
export async function settleAttempt(
  tracer: Tracer,
  attempt: Span,
  settlement: Settlement,
  write: (settlement: Settlement) => Promise<Settled>,
): Promise<Settled> {
  const span = tracer.start('settle', { parent: attempt.traceparent });
  const settled = await write(settlement);
  const { state, outcome } = settlement;
  span.end({ 'ctg.settled': settled });
  attempt.end({ 'ctg.state': state, 'ctg.outcome': outcome }, isWell(settlement) ? undefined : outcome);
  return settled;
}

function isWell({ state }: Settlement): boolean {
  return state === 'accepted' || state === 'unchanged';
}

/** One line an attempt, always the same message, also when all is well; no data of the record. */
export function logAttempt(logger: Logger, settlement: Settlement, settled: Settled): void {
  const { claim, attempts } = settlement;
  const facts = {
    delivery: claim.id,
    account: claim.account,
    entity: claim.entity,
    key: claim.key,
    interface: claim.interface,
    attempt: claim.attempt,
    state: settled === 'closed' || settled === 'open' ? settlement.state : settled,
    outcome: settlement.outcome,
    sends: attempts.length,
    ms: Math.round(attempts.reduce((sum, each) => sum + each.durationMs, 0)),
    ...(claim.trace !== undefined && { trace: claim.trace.split('-')[1] }),
    ...(settlement.reason !== undefined && { reason: maskPhones(settlement.reason) }),
    ...(settlement.retryInMs !== undefined && { retryInMs: Math.round(settlement.retryInMs) }),
  };
  if (isWell(settlement)) logger.info(facts, 'delivery');
  else logger.warn(facts, 'delivery');
}
