/** Told of what is being done, for the metrics. Its functions are quick and never throw. */
export type Observer = {
  /** A request to the platform came to its end. */
  readonly sent: (send: {
    readonly interface: string;
    readonly outcome: string;
    readonly durationMs: number;
  }) => void;
  /** A watch was asked for; `changed`: its status is another one now. */
  readonly polled: (poll: {
    readonly poll: string;
    readonly outcome: string;
    readonly changed: boolean;
  }) => void;
  /** The relay moved changes from the outbox into the ledger, in one transaction. */
  readonly relayed: (changes: number) => void;
  /** A notice of alerts was given to the webhook, or the webhook did not take it. */
  readonly notified: (result: 'delivered' | 'failed') => void;
};
