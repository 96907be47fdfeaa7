import type { Logger } from 'pino';
import { isEntity } from '../config/entities.ts';
import type { SourceMap, Sources } from '../config/source-map.ts';
import type { Database } from '../erp/database.ts';
import { keyParts } from '../erp/key-parts.ts';
import type { NamedValue } from '../erp/statements.ts';
import { writeBack } from '../erp/write-back.ts';
import {
  type DueWriteBack,
  dueWriteBacks,
  postponeWriteBack,
  takeWriteBack,
  type WritesBack,
} from '../ledger/write-backs.ts';

/** What writing back works with. */
export type WriteBackContext = {
  readonly database: Database;
  readonly sources: Sources;
  readonly logger: Logger;
};

const PAGE = 200;
/** How often it is looked whether there is something to tell. */
const LOOK_EVERY_MS = 1_000;
const LONGEST_PAUSE_MS = 300_000;

/** Which entities' source maps have which statements. */
export function writesBackOf(sources: Sources): WritesBack {
  return (entity, kind) => isEntity(entity) && sources.get(entity)?.writeBack?.[kind] !== undefined;
}

/** Tells the ERP's own tables, every second; the result stops it. Source maps without such statements cost nothing. */
export function startWriteBack(context: WriteBackContext): () => Promise<void> {
  if (![...context.sources.values()].some((map) => map.writeBack)) return async () => undefined;
  let running: Promise<unknown> | undefined;
  const timer = setInterval(() => {
    running ??= writeBackDue(context)
      .catch((error: unknown) => context.logger.error({ error: String(error) }, 'write-back failed'))
      .finally(() => {
        running = undefined;
      });
  }, LOOK_EVERY_MS);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

/** Carries out what the ERP's own tables are still to be told, one record at a time. Gives how many were told. */
async function writeBackDue(context: WriteBackContext): Promise<number> {
  let told = 0;
  for (;;) {
    const due = await dueWriteBacks(context.database, PAGE);
    let succeeded = 0;
    for (const note of due) if (await tell(context, note)) succeeded++;
    told += succeeded;
    // The next note of a record is due only once the one before it is gone.
    if (succeeded === 0) return told;
  }
}

async function tell({ database, sources, logger }: WriteBackContext, note: DueWriteBack): Promise<boolean> {
  const map = isEntity(note.entity) ? sources.get(note.entity) : undefined;
  const text = map?.writeBack?.[note.kind];
  try {
    return await database.transact(async (transaction) => {
      const taken = await takeWriteBack(transaction, note.id);
      // A source map that has no such statement any more has nothing to be told.
      if (taken && map && text !== undefined) {
        await writeBack(transaction, database.dialect, { text, values: valuesOf(map, note) });
      }
      return taken;
    });
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    const retryInMs = Math.min(LONGEST_PAUSE_MS, 1_000 * 2 ** Math.min(note.attempts, 12));
    await postponeWriteBack(database, note.id, { fault, retryInMs });
    const facts = {
      entity: note.entity,
      key: note.key,
      attempts: note.attempts + 1,
      retryInMs,
      error: fault,
    };
    logger.error(facts, `writeBack.${note.kind} of the source map failed`);
    return false;
  }
}

function valuesOf(map: SourceMap, note: DueWriteBack): Record<string, NamedValue> {
  const { account, key, op, status, message, platformId } = note;
  return {
    key,
    ...keyParts(map, key),
    account,
    op: op ?? null,
    status: status ?? null,
    message: message ?? null,
    platform_id: platformId ?? null,
  };
}
