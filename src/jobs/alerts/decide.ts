import type { Alert, AlertChange } from '../../ledger/alert-store.ts';
import type { Finding } from './rules.ts';

/** When it is, and how long a condition must last, or be gone, before that counts. */
export type DecideOptions = { readonly nowMs: number; readonly settleMs: number };

/**
 * What becomes of the alerts by what was found now. A condition becomes an alert when it has lasted for `settleMs`, and
 * the alert ends when the condition has been gone for as long: what flickers, or an agent that has just started and
 * knows nothing yet, neither calls nor takes back. Pure; gives only what changes.
 */
export function decideAlerts(
  known: readonly Alert[],
  findings: readonly Finding[],
  options: DecideOptions,
): AlertChange[] {
  const judged = new Set(findings.map(nameOf));
  // Nothing is said of it any more (an account that was removed, a rule that was turned off): it is over.
  const gone = known
    .filter((alert) => !judged.has(nameOf(alert)))
    .map(({ rule, subject }): Finding => ({ rule, subject, verdict: 'good' }));
  const byName = new Map(known.map((alert) => [nameOf(alert), alert]));
  return [...findings, ...gone].flatMap((finding) =>
    decideOne(byName.get(nameOf(finding)), finding, options),
  );
}

function nameOf({ rule, subject }: Pick<Finding, 'rule' | 'subject'>): string {
  return `${rule} ${subject}`;
}

function decideOne(alert: Alert | undefined, finding: Finding, options: DecideOptions): AlertChange[] {
  switch (finding.verdict) {
    case 'unknown':
      return [];
    case 'bad':
      return [keep(worse(alert ?? newAlert(finding, options), finding, options))];
    case 'good':
      return alert ? better(alert, options) : [];
  }
}

function newAlert({ rule, subject }: Finding, { nowMs }: DecideOptions): Alert {
  return {
    rule,
    subject,
    state: 'pending',
    value: undefined,
    detail: undefined,
    since: new Date(nowMs),
    clearSince: undefined,
    notifiedState: undefined,
    notifiedAt: undefined,
  };
}

function worse(alert: Alert, { value, detail }: Finding, { nowMs, settleMs }: DecideOptions): Alert {
  const lasted = alert.state !== 'pending' || nowMs - alert.since.getTime() >= settleMs;
  return { ...alert, state: lasted ? 'firing' : 'pending', value, detail, clearSince: undefined };
}

function better(alert: Alert, { nowMs, settleMs }: DecideOptions): AlertChange[] {
  if (alert.state === 'pending') return [{ kind: 'forget', alert }];
  if (alert.state === 'resolved') return [];
  const clearSince = alert.clearSince ?? new Date(nowMs);
  if (nowMs - clearSince.getTime() < settleMs)
    return alert.clearSince ? [] : [keep({ ...alert, clearSince })];
  return [keep({ ...alert, state: 'resolved', clearSince })];
}

function keep(alert: Alert): AlertChange {
  return { kind: 'keep', alert };
}

/** The alerts as they are after `changes`. */
export function applyChanges(known: readonly Alert[], changes: readonly AlertChange[]): Alert[] {
  const alerts = new Map(known.map((alert) => [nameOf(alert), alert]));
  for (const { kind, alert } of changes) {
    if (kind === 'keep') alerts.set(nameOf(alert), alert);
    else alerts.delete(nameOf(alert));
  }
  return [...alerts.values()];
}

/** The alerts of which the webhook is to be told: new ones, those that are on for long, and those that are over. */
export function dueNotices(alerts: readonly Alert[], nowMs: number, repeatMs: number): Alert[] {
  return alerts.filter(({ state, notifiedState, notifiedAt }) => {
    if (state === 'pending') return false;
    // One that came and went before anybody could be told of it is still told: its end says that it was there.
    if (state === 'resolved' || notifiedState !== 'firing') return true;
    return notifiedAt === undefined || nowMs - notifiedAt.getTime() >= repeatMs;
  });
}
