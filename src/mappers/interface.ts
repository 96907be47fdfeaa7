import type { z } from 'zod';
import type { Bilingual } from '../config/bilingual.ts';
import type { System } from '../config/systems.ts';
import { type ParsedRecord, readRecord } from './read-record.ts';

/** JSON as it goes over the wire. */
export type JsonObject = Record<string, unknown>;

/** How often an interface's effect may happen, and so how doubt about it is resolved. */
export type Kind = 'once' | 'latest' | 'query';

/** What the platform holds for a record's ERP key, as far as we know. */
export type Bound = {
  readonly platformId: string | undefined;
  /** False after it was deleted there. */
  readonly present: boolean;
  /** The record as it was accepted last. */
  readonly record: unknown;
};

/** What a carried record is validated and completed with before its delivery is written. */
export type PrepareContext = {
  readonly key: string;
  /** Gives the next idempotency key (接口 7, 8: `timestamp`); never the same twice. */
  readonly takeKey: () => string;
};

/** What was chosen before the first send and never changes again. */
export type Frozen = {
  /** The first idempotency key, by which people find the delivery. */
  readonly idempotencyKey?: string;
  readonly data: JsonObject;
};

/** Everything that decides the next request of one delivery. Pure data: no clock, no socket. */
export type DeliveryContext<R> = {
  readonly key: string;
  readonly op: 'upsert' | 'delete';
  readonly record: R;
  readonly frozen: JsonObject;
  /** What earlier sends of this delivery achieved. */
  readonly progress: JsonObject;
  /** Whether a send's effect is unknown: it must be verified, or be safe to repeat. */
  readonly doubt: boolean;
  readonly bound: Bound | undefined;
  /** The platform id of each record named by `needs`, in that order. */
  readonly needed: readonly string[];
  readonly options: MapperOptions;
};

/** Settings that change a mapping. */
export type MapperOptions = {
  /** What a deleted goods record does (接口 3 has no deletion): list it with stock 0, or nothing. */
  readonly goodsDelete: 'stock-zero' | 'ignore';
  /** Other op types, by interface and name, where the platform uses other numbers. */
  readonly opTypes: Readonly<Record<string, Readonly<Record<string, number>>>>;
};

/** The next request of a delivery: which interface it goes through, and the document's fields without credentials. */
export type Send = {
  readonly kind: 'send';
  readonly via: string;
  readonly stage: string;
  readonly body: JsonObject;
  /** A query changes nothing at the platform, so a lost answer leaves no new doubt. */
  readonly query?: true;
  /**
   * The request carries the record's own username and password (接口 1, 2), not the account's. A refused log-in in the
   * answer is then about the record's user: it stops nothing of the account, and is handed to `judge` as `rejected`.
   */
  readonly ownLogin?: true;
};

/** Nothing has to be sent: the platform is already as the record wants it. */
export type Nothing = { readonly kind: 'nothing'; readonly reason: string };

/** The effect is known to be there; nothing more has to be sent. Some records have no id at the platform (接口 5, 6). */
export type Settled = { readonly kind: 'settled'; readonly platformId?: string | undefined };

/** Only a person can go on; the delivery is kept and waits. */
export type AskPerson = { readonly kind: 'person'; readonly reason: string };

/** What a delivery does next. */
export type Step = Send | Nothing | Settled | AskPerson;

/** A reply that arrived whole and is trusted. */
export type Answer =
  | { readonly kind: 'accepted'; readonly reply: JsonObject }
  | { readonly kind: 'duplicate'; readonly reply: JsonObject; readonly message: string }
  | { readonly kind: 'rejected'; readonly reply: JsonObject; readonly message: string };

/** What an answer means for the delivery. */
export type Verdict =
  | {
      readonly kind: 'accepted';
      readonly platformId?: string | undefined;
      readonly note?: string;
      /** False when the platform no longer holds the record. Default true. */
      readonly present?: boolean;
      readonly progress?: JsonObject;
    }
  | { readonly kind: 'rejected'; readonly reason: string }
  /** Another request follows at once. `doubt` says whether it must first verify. */
  | { readonly kind: 'continue'; readonly progress: JsonObject; readonly doubt: boolean }
  /**
   * Of these platform ids, the first that no other record is bound to is put into the progress as `chosen` (else the
   * empty text); then the delivery goes on at once.
   */
  | { readonly kind: 'choose'; readonly ids: readonly string[]; readonly progress: JsonObject }
  /** Another request follows after the usual back-off. */
  | {
      readonly kind: 'later';
      readonly reason: string;
      readonly progress: JsonObject;
      readonly doubt: boolean;
      /**
       * It got further: the rest follows at once, and no attempt is used up. Unlike with `continue`, what was achieved is written
       * before the next request, for whoever goes on if this process dies.
       */
      readonly advanced?: boolean;
    }
  /** Only a person can go on; the delivery is kept and waits. */
  | { readonly kind: 'person'; readonly reason: string; readonly progress: JsonObject };

/** A change that follows from an accepted one (reminders after an order). */
export type FollowUp = { readonly entity: string; readonly key: string; readonly record: JsonObject };

/** Something to poll from now on. */
export type WatchSpec = {
  readonly poll: string;
  readonly platformId: string;
  readonly reference: JsonObject;
};

/** What happens once a delivery is accepted. */
export type Consequences = { readonly changes: readonly FollowUp[]; readonly watches: readonly WatchSpec[] };

/** How an interface carries records to the platform. `R` is the record's type. */
export type PushDefinition<R> = {
  /** The record that it carries (docs/interfaces.md). */
  readonly entity: string;
  readonly record: z.ZodType<R>;
  /** Whether a change of a record that was accepted once may be sent at all, and why not. */
  readonly changeable: boolean;
  /** Whether the deletion of a record means a request. Otherwise deletions are refused with this sentence. */
  readonly deletable: true | string;
  /** The record's field that is filled with the account's company (接口 2, `companyid`) when the ERP leaves it out. */
  readonly companyField?: string;
  /** Fields of the record that are secret: erased from the ledger once the delivery is closed, and never shown. */
  readonly secretFields?: readonly string[];
  /** Other records that must be at the platform first: entity and ERP key. */
  readonly needs?: (record: R) => readonly { readonly entity: string; readonly key: string }[];
  readonly freeze?: (record: R, context: PrepareContext) => Frozen;
  readonly next: (context: DeliveryContext<R>) => Step;
  readonly judge: (context: DeliveryContext<R>, send: Send, answer: Answer) => Verdict;
  readonly follow?: (
    context: DeliveryContext<R>,
    verdict: { platformId: string | undefined },
  ) => Consequences;
};

/** What a poll found. */
export type PollReading = {
  readonly status: string;
  readonly message?: string | undefined;
  readonly detail: JsonObject;
  /** Whether nothing can change any more. */
  readonly terminal: boolean;
};

/** How an interface is asked for a status, on a schedule. */
export type PollDefinition = {
  /** The table that shows the current state. */
  readonly shows: 'order' | 'logistics' | 'return';
  readonly request: (reference: JsonObject, options: MapperOptions) => JsonObject;
  /** Reads an accepted reply; undefined when it carries no status. */
  readonly read: (reply: JsonObject) => PollReading | undefined;
};

/** Which page of a list is asked for, and for whom. */
export type MirrorPage = {
  /** From 1. */
  readonly page: number;
  /** The account's company, where it is known. */
  readonly companyId: string | undefined;
  readonly options: MapperOptions;
};

/** A row of a list, in the ERP's terms. */
export type MirroredRow = {
  /** What tells it from the other rows. */
  readonly identity: readonly string[];
  readonly platformId: string | undefined;
  /** The fields of the entity's record, in the record's order. */
  readonly record: JsonObject;
};

/** How an interface is asked for everything that the platform holds of its entity, page by page. */
export type MirrorDefinition = {
  /** Undefined when the company must be known for it and is not. */
  readonly request: (page: MirrorPage) => JsonObject | undefined;
  /** Reads a row; undefined when it lacks what identifies it. */
  readonly read: (row: JsonObject) => MirroredRow | undefined;
  /** The identity that `read` gives for this record of the ERP's; undefined while it is not known. */
  readonly identify: (record: JsonObject, platformId: string | undefined) => readonly string[] | undefined;
};

/** One of the platform's interfaces, as `defineInterface` takes it. */
export type InterfaceDefinition<R> = {
  /** Its number in the platform's document. */
  readonly number: number;
  /** The word that names its queue, fixtures, log field, CLI argument and page. */
  readonly name: string;
  /** Its heading in the platform's document. */
  readonly title: string;
  readonly system: System;
  /** Default path; the document gives none. */
  readonly path: string;
  readonly kind: Kind;
  /** The document's op types by our names for them, which is how a setting changes one (`CTG_PATHS_FILE`). */
  readonly opTypes?: Readonly<Record<string, number>>;
  /** What people should know of it beside the document, in a sentence. */
  readonly remark?: Bilingual;
  /** How doubt about a send is resolved, in a sentence for people. */
  readonly inDoubt: Bilingual;
  /** Exactly the document's request, without `username`, `password`, `sec`. */
  readonly request: z.ZodType<JsonObject>;
  /** The reply as the document prints it; unknown keys are kept. */
  readonly reply: z.ZodType<JsonObject>;
  readonly push?: PushDefinition<R>;
  readonly poll?: PollDefinition;
  readonly mirror?: MirrorDefinition;
};

/** How records are carried, with the record's type erased: the engine hands in what `parse` gave. */
export type Push = {
  readonly entity: string;
  readonly schema: z.ZodType;
  readonly changeable: boolean;
  readonly deletable: true | string;
  readonly companyField: string | undefined;
  readonly secretFields: readonly string[];
  parse(raw: unknown): ParsedRecord;
  needs(record: unknown): readonly { readonly entity: string; readonly key: string }[];
  freeze(record: unknown, context: PrepareContext): Frozen | undefined;
  next(context: DeliveryContext<unknown>): Step;
  judge(context: DeliveryContext<unknown>, send: Send, answer: Answer): Verdict;
  follow(context: DeliveryContext<unknown>, verdict: { platformId: string | undefined }): Consequences;
};

/** One of the platform's interfaces, as the engine sees it. */
export type PlatformInterface = Omit<InterfaceDefinition<never>, 'push'> & {
  readonly push: Push | undefined;
};

/**
 * Declares one interface of the platform. This is the whole of what the engine, the documents and the tests know of it.
 *
 * @example
 * export const listGoods = defineInterface({ number: 3, name: 'list-goods', … });
 */
export function defineInterface<R>(definition: InterfaceDefinition<R>): PlatformInterface {
  const { push, ...rest } = definition;
  return { ...rest, push: push && erase(push) };
}

function erase<R>(push: PushDefinition<R>): Push {
  // A record read back from the ledger is parsed again: that restores its type, and a row that somebody edited by
  // hand is caught before it reaches the platform. Once for each object that is handed in, whatever is asked of it.
  const known = new WeakMap<object, R>();
  const read = (record: unknown): R => {
    if (typeof record !== 'object' || record === null) return push.record.parse(record);
    const parsed = known.get(record) ?? push.record.parse(record);
    known.set(record, parsed);
    return parsed;
  };
  const typed = (context: DeliveryContext<unknown>): DeliveryContext<R> => ({
    ...context,
    record: read(context.record),
  });
  return {
    entity: push.entity,
    schema: push.record,
    changeable: push.changeable,
    deletable: push.deletable,
    companyField: push.companyField,
    secretFields: push.secretFields ?? [],
    parse: (raw) => readRecord(push.record, raw),
    needs: (record) => push.needs?.(read(record)) ?? [],
    freeze: (record, context) => push.freeze?.(read(record), context),
    next: (context) => push.next(typed(context)),
    judge: (context, send, answer) => push.judge(typed(context), send, answer),
    follow: (context, verdict) => push.follow?.(typed(context), verdict) ?? { changes: [], watches: [] },
  };
}
