import { readdirSync, readFileSync } from 'node:fs';
import type {
  Bound,
  DeliveryContext,
  JsonObject,
  MapperOptions,
  PlatformInterface,
} from '../../src/mappers/interface.ts';

/** A recorded document: a record or a poll's reference, the request that it must make, a reply, and what that means. */
export type Fixture = {
  readonly title: string;
  readonly record?: JsonObject;
  readonly key?: string;
  readonly op?: 'upsert' | 'delete';
  readonly progress?: JsonObject;
  readonly doubt?: boolean;
  readonly bound?: Bound;
  readonly needed?: readonly string[];
  readonly options?: Partial<MapperOptions>;
  readonly frozen?: JsonObject;
  readonly reference?: JsonObject;
  readonly expectStep?: JsonObject;
  /** Without credentials. */
  readonly expectRequest?: JsonObject;
  /** Where it is not the interface's own. */
  readonly expectVia?: string;
  readonly reply?: JsonObject;
  readonly expectOutcome?: string;
  readonly expectVerdict?: JsonObject;
  /** Null: the reply carries no status. */
  readonly expectReading?: JsonObject | null;
  readonly expectFollow?: JsonObject;
};

export type NamedFixture = { readonly file: string; readonly fixture: Fixture };

const FOLDER = new URL('../fixtures/', import.meta.url);

/** The recorded documents of one interface, by file name. */
export function readFixtures(interfaceName: string): NamedFixture[] {
  const folder = new URL(`${interfaceName}/`, FOLDER);
  return readdirSync(folder)
    .sort()
    .map((file) => ({ file, fixture: JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Fixture }));
}

/** Keys in order, the same in every run. */
function keySequence(): () => string {
  let last = 1_700_000_000_000_000;
  return () => {
    last += 1;
    return `WEBERP${last}`;
  };
}

export const STANDARD_OPTIONS: MapperOptions = { goodsDelete: 'stock-zero', opTypes: {} };

/** The context of a delivery, with the record read as the relay reads it. */
export function contextOf(target: PlatformInterface, fixture: Fixture): DeliveryContext<unknown> {
  const parsed = target.push?.parse(fixture.record);
  if (!parsed?.ok) throw new Error(`The record is faulty: ${parsed?.reason ?? 'no push'}`);
  const key = fixture.key ?? 'K1';
  return {
    key,
    op: fixture.op ?? 'upsert',
    record: parsed.record,
    frozen: fixture.frozen ?? target.push?.freeze(parsed.record, { key, takeKey: keySequence() })?.data ?? {},
    progress: fixture.progress ?? {},
    doubt: fixture.doubt ?? false,
    bound: fixture.bound,
    needed: fixture.needed ?? [],
    options: { ...STANDARD_OPTIONS, ...fixture.options },
  };
}
