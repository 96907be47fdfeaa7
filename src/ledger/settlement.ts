import type { OutboxEntry } from '../erp/outbox.ts';
import type { ClaimedDelivery } from './claims.ts';
import type { ClosedState, Lane, OpenState } from './states.ts';
import type { NewWatch } from './watches.ts';

/** An attempt to be kept for the record's timeline. */
export type AttemptNote = {
  readonly interface: string;
  readonly stage: string;
  readonly outcome: string;
  readonly message: string | undefined;
  readonly durationMs: number;
};

/** What one processing of a delivery came to. */
export type Settlement = {
  readonly claim: ClaimedDelivery;
  readonly state: ClosedState | Extract<OpenState, 'waiting' | 'in_doubt' | 'held' | 'blocked'>;
  /** The lane that it waits for; only for `blocked`. */
  readonly waitsFor?: string | undefined;
  readonly outcome: string;
  readonly reason: string | undefined;
  readonly progress: Record<string, unknown> | undefined;
  /** When it may go again, from now; only for `waiting` and `in_doubt`. */
  readonly retryInMs: number | undefined;
  /** How long the platform may be at work on what was sent, from now; nothing is asked for the record before. */
  readonly quietMs?: number | undefined;
  /** Whether the attempt counts; a busy platform or a closed circuit uses none up. */
  readonly countsAttempt: boolean;
  readonly platformId: string | undefined;
  /** Whether the platform holds the record afterwards; only for `accepted`. */
  readonly present: boolean;
  /**
   * Whether the platform may hold another state than the one that was accepted last: nothing later may then be taken for
   * unchanged.
   */
  readonly unsure?: boolean | undefined;
  readonly attempts: readonly AttemptNote[];
  /** Requests that went out. */
  readonly sends: number;
  readonly followUps: readonly OutboxEntry[];
  readonly watches: readonly NewWatch[];
  /** Whether accepted records of this entity can be changed later; if not, queued changes end here. */
  readonly changeable: boolean;
  readonly queues: boolean;
  /** Fields of the record that are erased once it is closed. */
  readonly secretFields: readonly string[];
};

/** Whose delivery it is. */
export function laneOf({ account, entity, key }: ClaimedDelivery): Lane {
  return { account, entity, key };
}
