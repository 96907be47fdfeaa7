import type { Trouble } from './faults.ts';
import type { Actor } from './stage.ts';

/** What an agent is connected with. */
export type Part = keyof Actor['cables'];

/** Cuts the cables of these agents to these parts, or lets nothing through them, for as long as the trouble lasts. */
export async function whileCablesAre(
  how: 'cut' | 'swallowing',
  actors: readonly Actor[],
  parts: readonly Part[],
  trouble: Trouble,
): Promise<void> {
  const cables = actors.flatMap((actor) => parts.flatMap((part) => actor.cables[part] ?? []));
  const menders = cables.map((cable) => (how === 'cut' ? cable.cut() : cable.swallow()));
  await trouble.lasts();
  for (const mend of menders) mend();
}
