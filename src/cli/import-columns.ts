import { z } from 'zod';
import type { ChangeFault } from '../admin/change.ts';
import { nearest, suggestion } from '../config/nearest.ts';
import { readYaml } from '../config/yaml-file.ts';
import { CommandError } from './command-error.ts';

/** What the columns of a CSV file are. */
export type Columns = {
  /** The field of a column, by the column's name in the header. */
  readonly fieldOf: ReadonlyMap<string, string>;
  /** Whether a column that is no field is left out, rather than a fault. */
  readonly ignoreUnknown: boolean;
};

/** Columns that belong to the change; every other one is a field of the record. */
export const OWN_COLUMNS: readonly string[] = ['entity', 'key', 'entity_key', 'op', 'account'];

const mappingFile = z.record(z.string().min(1), z.string().min(1));

/** Reads `--map COLUMN=FIELD` and `--map-file`. Throws a `CommandError` or `SettingsError` that says what is wrong. */
export function readColumns(options: {
  readonly map?: readonly string[];
  readonly mapFile?: string;
  readonly ignoreUnknown?: boolean;
}): Columns {
  const fromFile = options.mapFile === undefined ? [] : Object.entries(readMappingFile(options.mapFile));
  const fieldOf = new Map([...fromFile, ...(options.map ?? []).map(readPair)]);
  return { fieldOf, ignoreUnknown: options.ignoreUnknown ?? false };
}

function readPair(text: string): [string, string] {
  const at = text.lastIndexOf('=');
  const [column, field] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (at > 0 && column !== '' && field !== '') return [column, field];
  throw new CommandError(`--map ${text} is not COLUMN=FIELD.`, {
    exitCode: 2,
    fix: 'Write for example --map 商品编码=goodsId.',
  });
}

function readMappingFile(file: string): Record<string, string> {
  const parsed = mappingFile.safeParse(readYaml({ file, setting: '--map-file' }).data);
  if (parsed.success) return parsed.data;
  throw new CommandError(`${file} is not a list of columns and their fields.`, {
    fix: 'Write a line for each column, for example 商品编码: goodsId',
  });
}

/** What each column of the header is: a field, or undefined where it is left out; or everything that is wrong. */
export type ReadHeader =
  | { readonly ok: true; readonly fields: readonly (string | undefined)[] }
  | { readonly ok: false; readonly faults: readonly ChangeFault[] };

/** Finds the field of each column. `known` are the fields of the entity, `keyField` the column that is its key. */
export function readHeader(
  header: readonly string[],
  { fieldOf, ignoreUnknown }: Columns,
  known: readonly string[],
  keyField: string | undefined,
): ReadHeader {
  const allowed = [...OWN_COLUMNS, ...known, ...(keyField === undefined ? [] : [keyField])];
  const isAllowed = (field: string | undefined): boolean => field !== undefined && allowed.includes(field);
  const fields = header.map((column) => fieldOf.get(column) ?? (column === '' ? undefined : column));
  const faults = [
    ...[...fieldOf].flatMap(([column, field]) => mappingFaults(column, field, header, allowed)),
    ...fields.flatMap((field, at) =>
      field === undefined || isAllowed(field) || ignoreUnknown || fieldOf.has(header[at] ?? '')
        ? []
        : [unknownColumn(field, known)],
    ),
    ...doubled(fields.filter(isAllowed)),
  ];
  if (faults.length > 0) return { ok: false, faults };
  return { ok: true, fields: fields.map((field) => (isAllowed(field) ? field : undefined)) };
}

function mappingFaults(
  column: string,
  field: string,
  header: readonly string[],
  allowed: readonly string[],
): ChangeFault[] {
  const absent = {
    field: column,
    problem: `is no column of the file${suggestion(column, header)}`,
    fix: `The header has ${header.join(', ')}.`,
  };
  const unknown = {
    field: column,
    problem: `is mapped to "${field}", which is not a field${suggestion(field, allowed)}`,
    fix: 'docs/interfaces.md lists the fields of each entity.',
  };
  return [...(header.includes(column) ? [] : [absent]), ...(allowed.includes(field) ? [] : [unknown])];
}

function unknownColumn(column: string, known: readonly string[]): ChangeFault {
  const meant = nearest(column, known) ?? 'FIELD';
  return {
    field: column,
    problem: `is not a field${suggestion(column, known)}`,
    fix: `Say what it is with --map "${column}=${meant}", or leave it out with --ignore-unknown.`,
  };
}

function doubled(fields: readonly (string | undefined)[]): ChangeFault[] {
  const twice = new Set(fields.filter((field, at) => fields.indexOf(field) !== at));
  return [...twice].map((field = '') => ({
    field,
    problem: 'is given by two columns',
    fix: 'Leave one of them out of the file, or map it to another field.',
  }));
}
