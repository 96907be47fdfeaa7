/** States of a delivery that is still owed. */
export const OPEN_STATES = ['waiting', 'queued', 'blocked', 'held', 'in_doubt'] as const;

/** States of a delivery that is settled for good. */
export const CLOSED_STATES = ['accepted', 'rejected', 'superseded', 'unchanged', 'dropped'] as const;

/**
 * Where a delivery stands. `waiting`: may be sent. `queued`: an earlier change of the same record goes first.
 * `blocked`: waits for another record (an order that is not placed yet). `held`: waits for a person. `in_doubt`: a send's
 * effect is unknown and will be verified or repeated safely.
 */
export type OpenState = (typeof OPEN_STATES)[number];

/** How a delivery ended. */
export type ClosedState = (typeof CLOSED_STATES)[number];

/** Any state of a delivery. */
export type DeliveryState = OpenState | ClosedState;

/** Whose turn it is: one record of one account. Changes of one lane take effect in the order in which they were made. */
export type Lane = { readonly account: string; readonly entity: string; readonly key: string };

/** A lane as one text, as `open_lane` and `waits_for` hold it. */
export function laneText({ account, entity, key }: Lane): string {
  return `${account}|${entity}|${key}`;
}

/** Why a delivery is blocked, in words for people. */
export function waitingReason({ entity, key }: Lane): string {
  return `Waits for ${entity} ${key} to be at the platform.`;
}
