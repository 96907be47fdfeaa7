import type { TextName, Texts } from './texts.ts';

/** Why a delivery waits for a person, and what that person should do. */
export type Explained = { readonly why: string; readonly todo: string };

const BY_OUTCOME: Readonly<Record<string, readonly [TextName, TextName]>> = {
  invalid: ['whyInvalid', 'doInvalid'],
  person: ['whyPerson', 'doPerson'],
  'in-doubt': ['whyInDoubt', 'doDoubtRejected'],
  'no-secret': ['whySecret', 'doSecret'],
  busy: ['whyTooOld', 'doTooOld'],
  'not-sent': ['whyTooOld', 'doTooOld'],
  'circuit-open': ['whyTooOld', 'doTooOld'],
  'login-refused': ['whyTooOld', 'doTooOld'],
  'no-account': ['whyTooOld', 'doTooOld'],
  incomplete: ['whyTooOld', 'doPerson'],
};

/** In plain words. What the platform, or the check of the record, said goes beside it. */
export function explain(
  t: Texts,
  { state, outcome }: { readonly state: string; readonly outcome: string | null },
): Explained {
  if (state === 'rejected' && outcome !== 'invalid') return { why: t('whyRejected'), todo: t('doRejected') };
  if (state === 'held' && outcome === 'rejected')
    return { why: t('whyDoubtRejected'), todo: t('doDoubtRejected') };
  const [why, todo] = BY_OUTCOME[outcome ?? ''] ?? ['whyOther', 'doPerson'];
  return { why: t(why), todo: t(todo) };
}
