import type { DeliveryHistory, Timeline } from '../../ledger/timeline.ts';
import { type Html, html } from './html.ts';
import type { View } from './page.ts';
import { pill, type Tone, toneOf } from './parts.ts';

/** Something that happened to a record, or is about to. */
export type RecordEvent = {
  readonly at: Date;
  readonly tone: Tone;
  readonly title: Html | string;
  /** The platform's words, or ours. */
  readonly words?: string | null | undefined;
  readonly detail?: string | undefined;
};

/** Everything that happened to a record, in its order. */
export function eventsOf(view: View, timeline: Timeline): RecordEvent[] {
  const events = [
    ...timeline.deliveries.flatMap((delivery) => eventsOfDelivery(view, delivery)),
    ...boundEvents(view, timeline),
    ...statusEvents(view, timeline),
    ...watchEvents(view, timeline),
  ];
  return events.sort((one, other) => one.at.getTime() - other.at.getTime());
}

function eventsOfDelivery(view: View, delivery: DeliveryHistory): RecordEvent[] {
  const { t } = view;
  const number = t('delivery', { id: delivery.id });
  const captured: RecordEvent = {
    at: new Date(delivery.captured_at),
    tone: 'plain',
    title: t(delivery.op === 'delete' ? 'eventDeletion' : 'eventCaptured'),
    detail: number,
  };
  return [captured, ...triesOf(view, delivery), ...endOf(view, delivery)];
}

function triesOf({ t, word }: View, { tries }: DeliveryHistory): RecordEvent[] {
  return tries.map((each) => ({
    at: new Date(each.at),
    tone: toneOf(each.outcome),
    title: html`${each.stage === 'person' ? t('eventPerson') : t('eventAttempt')} ${word('interface', each.interface)} ${pill(toneOf(each.outcome), word('outcome', each.outcome))}`,
    words: each.message,
    detail:
      each.stage === 'person'
        ? undefined
        : `${word('stage', each.stage)} · ${t('milliseconds', { ms: each.duration_ms })}`,
  }));
}

function endOf({ t, word }: View, delivery: DeliveryHistory): RecordEvent[] {
  const at = delivery.closed_at ?? (delivery.state === 'held' ? delivery.sent_at : null);
  if (at === null) return [];
  return [
    {
      at: new Date(at),
      tone: toneOf(delivery.state),
      title: html`${word('interface', delivery.interface)} ${pill(toneOf(delivery.state), word('state', delivery.state))}`,
      words: delivery.reason,
      detail: `${t('delivery', { id: delivery.id })} · ${t('attempts', { count: delivery.attempts })}`,
    },
  ];
}

function boundEvents({ t }: View, { bindings }: Timeline): RecordEvent[] {
  return bindings.flatMap((row) =>
    row.platform_id === null
      ? []
      : [
          {
            at: new Date(row.updated_at),
            tone: 'good' as const,
            title: html`${t('eventBound')} <b>${row.platform_id}</b>`,
          },
        ],
  );
}

const STATUS_TABLES: Readonly<Record<string, string>> = {
  order: 'ctg_order_status',
  logistics: 'ctg_logistics_status',
  return: 'ctg_return_status',
};

/** A change of status and its row for the ERP are written in one transaction. */
function statusEvents({ t, word }: View, { inbox }: Timeline): RecordEvent[] {
  return inbox.map((row) => {
    const from = row.previous_status === null ? '' : `${row.previous_status} → `;
    return {
      at: new Date(row.seen_at),
      tone: 'good' as const,
      title: html`${t('eventStatus')} ${from}<b>${row.status}</b> ${statusWords(word, row.status)}`,
      words: row.message,
      detail: t('eventWrittenBack', { table: `ctg_inbox, ${STATUS_TABLES[row.kind] ?? row.kind}` }),
    };
  });
}

function watchEvents({ t, word }: View, { watches }: Timeline): RecordEvent[] {
  return watches.flatMap((row) =>
    row.next_at === null
      ? []
      : [
          {
            at: new Date(row.next_at),
            tone: 'quiet' as const,
            title: html`${t('eventWatch')} ${word('interface', row.poll)}`,
          },
        ],
  );
}

/** A status in words, where its number has any. */
export function statusWords(word: View['word'], status: string): string {
  const words = word('status', status);
  return words === status ? '' : words;
}
