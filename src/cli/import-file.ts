import { type ChangeFault, type ReadChange, readChange } from '../admin/change.ts';
import type { OutboxEntry } from '../erp/outbox.ts';
import { CsvFault, readCsv } from './csv.ts';
import { type Encoding, EncodingFault, readText } from './file-text.ts';
import { type Columns, OWN_COLUMNS, readHeader } from './import-columns.ts';
import { fieldsOfEntity, recordFaults } from './import-fields.ts';

/** How the lines of a file become changes. */
export type ImportOptions = {
  readonly format: 'jsonl' | 'csv';
  readonly encoding: Encoding;
  /** What stands between two fields of CSV; told by the first line where it is not given. */
  readonly delimiter: string | undefined;
  readonly columns: Columns;
  /** The entity of lines that name none. */
  readonly entity: string | undefined;
  /** The field of the record that is its key, where a line has no key of its own. */
  readonly keyField: string | undefined;
  readonly account: string;
};

/** One line, read: its change, or what is wrong with it. */
export type ImportedLine =
  | { readonly line: number; readonly ok: true; readonly entry: OutboxEntry }
  | { readonly line: number; readonly ok: false; readonly faults: readonly ChangeFault[] };

/** Reads a file as changes, line by line, in little memory. Throws a `CommandError` when it cannot be read at all. */
export async function* readImportFile(file: string, options: ImportOptions): AsyncGenerator<ImportedLine> {
  const pieces = readText(file, options.encoding);
  try {
    yield* options.format === 'csv' ? readCsvLines(pieces, options) : readJsonLines(pieces, options);
  } catch (error) {
    // Neither a text that is not one nor an open quote tells where the next line begins: the file ends here.
    if (error instanceof EncodingFault) yield faultOf(error.line, error.message, error.fix);
    else if (error instanceof CsvFault) yield faultOf(error.line, error.message, 'Close the quote.');
    else throw error;
  }
}

function faultOf(line: number, problem: string, fix: string): ImportedLine {
  return { line, ok: false, faults: [{ field: '', problem, fix }] };
}

async function* readJsonLines(
  pieces: AsyncIterable<string>,
  options: ImportOptions,
): AsyncGenerator<ImportedLine> {
  let line = 0;
  for await (const text of linesOf(pieces)) {
    line += 1;
    if (text.trim() !== '') yield { line, ...readJsonLine(text, options) };
  }
}

/** Each piece ends with a line. */
async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const piece of pieces) {
    const lines = piece.split('\n');
    if (lines.at(-1) === '') lines.pop();
    yield* lines;
  }
}

function readJsonLine(text: string, options: ImportOptions) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const problem = `is not JSON (${error instanceof Error ? error.message : String(error)})`;
    return { ok: false as const, faults: [{ field: '', problem, fix: 'Write one JSON object a line.' }] };
  }
  return readChange(
    isRecord(value) && !('entity' in value) ? ofRecord(value, options) : withAccount(value, options),
  );
}

function withAccount(value: unknown, { account }: ImportOptions): unknown {
  return isRecord(value) ? { account, ...value } : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A line that is the record alone: entity and key come from the options. */
function ofRecord(record: Record<string, unknown>, { entity, keyField, account }: ImportOptions): unknown {
  const key = keyField === undefined ? undefined : record[keyField];
  return { account, entity, key: typeof key === 'number' ? String(key) : key, payload: record };
}

async function* readCsvLines(
  pieces: AsyncIterable<string>,
  options: ImportOptions,
): AsyncGenerator<ImportedLine> {
  let fields: readonly (string | undefined)[] | undefined;
  for await (const row of readCsv(pieces, options.delimiter)) {
    const cells = row.fields.map((cell) => cell.trim());
    if (fields) {
      // A spreadsheet ends with rows that look empty and are not: ",,,".
      if (cells.some((cell) => cell !== '')) yield { line: row.line, ...readCsvLine(fields, cells, options) };
      continue;
    }
    const entity = cells.includes('entity') ? undefined : options.entity;
    const header = readHeader(cells, options.columns, fieldsOfEntity(entity), options.keyField);
    if (!header.ok) {
      yield { line: row.line, ...header };
      return;
    }
    fields = header.fields;
  }
}

function readCsvLine(
  columns: readonly (string | undefined)[],
  cells: readonly string[],
  options: ImportOptions,
): ReadChange {
  if (cells.length > columns.length) {
    const problem = `has ${cells.length} fields, and the header ${columns.length}`;
    return { ok: false, faults: [{ field: '', problem, fix: 'Put values with separators in quotes.' }] };
  }
  const given = columns.flatMap((field, at): [string, string][] => {
    const value = cells[at] ?? '';
    return field === undefined || value === '' ? [] : [[field, value]];
  });
  const own: Partial<Record<string, string>> = Object.fromEntries(given);
  const entity = own.entity ?? options.entity;
  const known = fieldsOfEntity(entity);
  const record = given.filter(
    ([field]) => !OWN_COLUMNS.includes(field) && (known.includes(field) || field !== options.keyField),
  );
  const named = options.keyField === undefined ? undefined : own[options.keyField];
  const faults = own.op === 'delete' ? [] : recordFaults(entity, nested(record), own);
  if (faults.length > 0) return { ok: false, faults };
  return readChange({
    account: own.account ?? options.account,
    entity,
    key: own.key ?? own.entity_key ?? named,
    ...(own.op !== undefined && { op: own.op }),
    ...(own.op !== 'delete' && { payload: nested(record) }),
  });
}

/** A column `courier.name` is the field `name` of `courier`. */
function nested(cells: readonly (readonly [string, string])[]): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const [name, value] of cells) {
    const steps = name.split('.');
    const last = steps.pop() ?? name;
    let inner = record;
    for (const step of steps) {
      const next = inner[step];
      const made = isRecord(next) ? next : {};
      inner[step] = made;
      inner = made;
    }
    inner[last] = value;
  }
  return record;
}
