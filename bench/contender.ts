import type { Load } from './load.ts';

/** How a contender sends. */
export type Client = 'got' | 'undici';

/** What a contender works on. */
export type Stage = {
  readonly url: string;
  readonly load: Load;
  readonly client: Client;
  readonly concurrency: number;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
};

/** One way to send many records, set up and ready. */
export type Contender = {
  /** Makes a backlog of the records `from` … `to - 1`, which is not timed. The result sends them all, which is. */
  backlog(from: number, to: number): Promise<() => Promise<void>>;
  /** Hands over one record; resolves when it is handed over, not when it is sent. Missing where nothing is ever idle. */
  single?(index: number): Promise<void>;
  close(): Promise<void>;
};

/** Opens a contender. `received` resolves when the platform has taken so many different records. */
export type OpenContender = (stage: Stage, received: (count: number) => Promise<void>) => Promise<Contender>;
