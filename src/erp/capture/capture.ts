import type { Sources } from '../../config/source-map.ts';
import type { Database } from '../database.ts';
import { type Cascade, findCascades, type UncoveredCascade } from './cascades.ts';
import { type InstalledTrigger, readInstalled } from './installed.ts';
import { mysqlCascadeTrigger } from './mysql-cascade-trigger.ts';
import { mysqlTriggers } from './mysql-triggers.ts';
import { outboxPlace } from './outbox-place.ts';
import { postgresTriggers } from './postgres-triggers.ts';
import type { WantedTrigger } from './trigger.ts';
import { planWatch, type Skipped } from './watched-rows.ts';

/** A trigger that should be there, and whether it is. */
export type PlannedTrigger = WantedTrigger & { readonly state: 'installed' | 'missing' | 'switched off' };

/** What the source maps ask for, beside what the database has. */
export type CapturePlan = {
  readonly triggers: readonly PlannedTrigger[];
  /** Triggers of earlier source maps, which `install` takes away. */
  readonly outdated: readonly InstalledTrigger[];
  readonly skipped: readonly Skipped[];
  readonly uncovered: readonly UncoveredCascade[];
};

/** What is to be watched, and how. */
export type CaptureOptions = { readonly sources: Sources; readonly mandatory: boolean };

/**
 * Compares the triggers that the source maps ask for with those that are there. Throws when the agent's tables are not
 * there yet, and when a source map names a table or a column that is not.
 */
export async function planCapture(
  { kysely, dialect }: Database,
  { sources, mandatory }: CaptureOptions,
): Promise<CapturePlan> {
  const place = await outboxPlace(kysely, dialect);
  const { rows, skipped } = await planWatch(kysely, dialect, sources);
  const cascades = dialect === 'mysql' ? await findCascades(kysely, rows) : { covered: [], uncovered: [] };
  const target = { ...place, mandatory };
  const wanted = rows.flatMap((each) => triggersOf(dialect, each, target));
  const followed = cascades.covered.map((each: Cascade) => mysqlCascadeTrigger(each, target));
  const unique = new Map([...wanted, ...followed].map((trigger) => [identityOf(trigger), trigger]));
  const installed = await readInstalled(kysely, dialect, place.schema);
  const there = new Map(installed.map((each) => [`${each.schema}.${each.table}.${each.name}`, each]));
  return {
    triggers: [...unique].map(([identity, trigger]) => ({ ...trigger, state: stateOf(there.get(identity)) })),
    outdated: [...there].filter(([identity]) => !unique.has(identity)).map(([, trigger]) => trigger),
    skipped,
    uncovered: cascades.uncovered,
  };
}

function triggersOf(
  dialect: Database['dialect'],
  ...[rows, target]: Parameters<typeof postgresTriggers>
): WantedTrigger[] {
  return dialect === 'postgres' ? postgresTriggers(rows, target) : mysqlTriggers(rows, target);
}

function identityOf({ table, name }: WantedTrigger): string {
  return `${table.schema}.${table.name}.${name}`;
}

function stateOf(installed: InstalledTrigger | undefined): PlannedTrigger['state'] {
  if (installed === undefined) return 'missing';
  return installed.enabled ? 'installed' : 'switched off';
}
