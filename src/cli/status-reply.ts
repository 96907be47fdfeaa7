import { z } from 'zod';

/** `GET /v1/status`, as far as it is shown. */
export const statusReply = z.looseObject({
  version: z.string(),
  agent: z.looseObject({ id: z.string() }),
  agents: z.array(z.looseObject({ id: z.string() })),
  database: z.string(),
  queueStore: z.string(),
  balance: z.record(z.string(), z.number()),
  balanced: z.boolean(),
  difference: z.number(),
  lagSeconds: z.number(),
  entities: z.record(z.string(), z.record(z.string(), z.number())),
  systems: z.record(z.string(), z.looseObject({ state: z.string(), retryInMs: z.number().optional() })),
  accounts: z.record(z.string(), z.looseObject({ login: z.string(), message: z.string().optional() })),
  missedChanges: z.number(),
  failingWriteBacks: z.number(),
  unreadable: z.record(z.string(), z.string()),
  queues: z.record(z.string(), z.unknown()),
});

/** The running agent's own account of itself. */
export type Status = z.infer<typeof statusReply>;
