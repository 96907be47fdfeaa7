/** A private server for tests: on 127.0.0.1, on a port of its own, in a directory that goes when it goes. */
export interface Service {
  /** What a setting such as `DATABASE_URL` or `REDIS_URL` takes. */
  readonly url: string;
  readonly port: number;
  /** Its data, and its log as `log`. */
  readonly directory: string;
  /** Of the running server; after `restart()` another one. */
  readonly pid: number;
  /** Ends it in good order if it runs, and starts it on the same port and data. Resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it as a crash would (SIGKILL). `restart()` brings it back. */
  kill9(): Promise<void>;
  /** Ends it for good and removes its directory. May be called twice. */
  stop(): Promise<void>;
}
