/** What a piece of work came to; its failure in the words of its innermost cause. */
export type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly words: string; readonly code: string | undefined };

/** How long one question to a server may take. */
export const PATIENCE_MS = 8_000;

/** Runs `work` and gives its failure as a value. */
export async function attempt<T>(work: () => Promise<T>, patienceMs = PATIENCE_MS): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await patiently(work(), patienceMs) };
  } catch (error) {
    const cause = causeOf(error);
    return { ok: false, words: wordsOf(cause), code: codeOf(cause) };
  }
}

/** Waits no longer than `patienceMs`; the work itself goes on, and its end concerns nobody. */
async function patiently<T>(work: Promise<T>, patienceMs: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs / 1000} s`)), patienceMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}

/** The innermost cause says what happened; a refused connection has several, and no words of its own. */
function causeOf(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return causeOf(error.errors[0]);
  return error instanceof Error && error.cause instanceof Error ? causeOf(error.cause) : error;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
