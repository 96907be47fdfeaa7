import { hash } from 'node:crypto';
import type { CatalogTable } from '../catalog.ts';

/** What makes a trigger run. */
export type TriggerEvent = 'insert' | 'update' | 'delete' | 'truncate';

/** A trigger that writes the outbox, as it should be. */
export type WantedTrigger = {
  /** Ends with a digest of the definition: another definition is another trigger. */
  readonly name: string;
  readonly entity: string;
  readonly table: CatalogTable;
  readonly event: TriggerEvent;
  /** Why it is there, for people. */
  readonly purpose: string;
  /** The statements that make it, in order. */
  readonly create: readonly string[];
};

/** Where the triggers write, and whether a fault of theirs fails the ERP's statement. */
export type CaptureTarget = {
  /** The schema (MySQL: database) of `ctg_outbox`. */
  readonly schema: string;
  /** PostgreSQL: where names without a schema are looked for. */
  readonly searchPath: readonly string[];
  readonly mandatory: boolean;
};

/** By this beginning the agent's triggers are known. */
export const TRIGGER_PREFIX = 'ctg_cap_';

/** `ctg_cap_goods_3f2a9c01d4`: the same for the same definition, and short enough for every database. */
export function triggerName(entity: string, definition: string): string {
  return `${TRIGGER_PREFIX}${entity}_${hash('sha256', definition, 'hex').slice(0, 10)}`;
}

/** A text as SQL writes it, for definitions, which take no parameters. Without backslashes, which MySQL reads otherwise. */
export function literal(text: string): string {
  if (text.includes('\\')) throw new Error(`"${text}" has a backslash, which a trigger cannot be given.`);
  return `'${text.replaceAll("'", "''")}'`;
}
