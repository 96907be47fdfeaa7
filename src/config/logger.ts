import { hostname } from 'node:os';
import {
  type Bindings,
  type ChildLoggerOptions,
  type DestinationStream,
  type Logger,
  pino,
  stdTimeFunctions,
} from 'pino';
import { PinoPretty } from 'pino-pretty';
import { redactFields, redactHttp, redactText } from './redaction.ts';

export type { Logger } from 'pino';

/** How the log is written. */
export type LoggerOptions = {
  readonly level: string;
  /** The agent's name, on every line; the host's name by default. */
  readonly agent?: string;
  /** Lines for people instead of JSON. */
  readonly pretty?: boolean;
  /** Standard output by default. */
  readonly destination?: DestinationStream & NodeJS.WritableStream;
};

/**
 * The logger: one JSON object per line, ISO time, the agent's name, no process id. Secrets are redacted and telephone
 * numbers masked wherever they lie: in fields, errors, messages and child loggers. See `redactFields`.
 */
export function createLogger({ level, agent = hostname(), pretty, destination }: LoggerOptions): Logger {
  const logger = pino(
    {
      level,
      base: { agent },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redactFields },
      serializers: { msg: redactMessage, err: asRedacted, req: redactHttp, res: redactHttp },
    },
    pretty ? PinoPretty({ destination, ignore: 'agent' }) : (destination ?? pino.destination()),
  );
  return redactingChildren(logger);
}

function redactMessage(message: unknown): unknown {
  return typeof message === 'string' ? redactText(message) : message;
}

/** In place of pino's own serializer, which would call every redacted error an Object. */
function asRedacted(error: unknown): unknown {
  return error;
}

/** pino writes a child's fields without `formatters.log`, so they are redacted before it gets them. */
function redactingChildren(logger: Logger): Logger {
  const { child } = logger;
  logger.child = function redactedChild<Levels extends string = never>(
    this: Logger,
    bindings: Bindings,
    options?: ChildLoggerOptions<Levels>,
  ): Logger<Levels> {
    return Reflect.apply(child, this, [redactFields(bindings), options]);
  };
  return logger;
}
