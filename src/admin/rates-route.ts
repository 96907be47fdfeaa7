import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type MinuteRate, readMinuteRates } from '../ledger/rates.ts';
import type { AdminContext } from './context.ts';
import { describes } from './openapi.ts';
import { readRequest } from './request.ts';

const query = z.strictObject({ minutes: z.coerce.number().int().min(10).max(1440).default(60) });

/** What a send came to, as the chart tells it apart. */
export type RateGroup = 'accepted' | 'rejected' | 'later' | 'inDoubt';

/** Sends per second over time. `times` are the beginnings of the steps, in seconds since 1970. */
export type Rates = {
  readonly stepSeconds: number;
  readonly times: readonly number[];
  readonly perSecond: Readonly<Record<RateGroup, readonly number[]>>;
};

const GROUPS: Readonly<Record<string, RateGroup>> = {
  accepted: 'accepted',
  unchanged: 'accepted',
  rejected: 'rejected',
  person: 'rejected',
  endless: 'rejected',
  'in-doubt': 'inDoubt',
};

/** Steps beyond which a line on a screen shows no more. */
const MOST_STEPS = 180;

const RATES = describes({ summary: 'Sends per second over time, by what they came to', query });

/** `GET /v1/rates?minutes=60`: sends per second by what they came to, of all agents together. */
export function addRatesRoute(app: FastifyInstance, { database }: AdminContext): void {
  app.get('/v1/rates', RATES, async (request): Promise<Rates> => {
    const { minutes } = readRequest(query, request.query);
    const { present, rates } = await readMinuteRates(database, minutes);
    return ratesOf(rates, { present, minutes });
  });
}

/** Pure: counts by the minute as rates by the step, minutes without any among them. */
function ratesOf(
  rates: readonly MinuteRate[],
  { present, minutes }: { readonly present: number; readonly minutes: number },
): Rates {
  const stepMinutes = Math.ceil(minutes / MOST_STEPS);
  // The present step is not over: as a rate it would look like a fall.
  const last = Math.floor(present / stepMinutes) - 1;
  const first = Math.floor((present - minutes) / stepMinutes);
  const steps = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const counts = new Map<string, number>();
  for (const { minute, outcome, sends } of rates) {
    const cell = `${groupOf(outcome)}|${Math.floor(minute / stepMinutes)}`;
    counts.set(cell, (counts.get(cell) ?? 0) + sends);
  }
  const stepSeconds = stepMinutes * 60;
  const line = (group: RateGroup): number[] =>
    steps.map((step) => Math.round(((counts.get(`${group}|${step}`) ?? 0) / stepSeconds) * 1000) / 1000);
  return {
    stepSeconds,
    times: steps.map((step) => step * stepSeconds),
    perSecond: {
      accepted: line('accepted'),
      rejected: line('rejected'),
      later: line('later'),
      inDoubt: line('inDoubt'),
    },
  };
}

/** Whatever is neither an end nor a doubt is tried again later. */
function groupOf(outcome: string): RateGroup {
  return GROUPS[outcome] ?? 'later';
}
