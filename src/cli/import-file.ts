import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';
import { type ChangeFault, readChange } from '../admin/change.ts';
import type { OutboxEntry } from '../erp/outbox.ts';
import { CommandError } from './command-error.ts';
import { CsvFault, readCsv } from './csv.ts';

/** How the lines of a file become changes. */
export type ImportOptions = {
  readonly format: 'jsonl' | 'csv';
  readonly encoding: 'utf-8' | 'gb18030';
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
  const pieces = decode(file, options.encoding);
  yield* options.format === 'csv' ? readCsvLines(pieces, options) : readJsonLines(pieces, options);
}

/** Which encoding the file is in: UTF-8 where all of it is, else GB 18030 (GBK), which Chinese Excel writes. */
export async function detectEncoding(file: string): Promise<ImportOptions['encoding']> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of openFile(file)) decoder.decode(chunk, { stream: true });
    decoder.decode();
    return 'utf-8';
  } catch (error) {
    if (error instanceof TypeError) return 'gb18030';
    throw error;
  }
}

async function* decode(file: string, encoding: ImportOptions['encoding']): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: false });
  for await (const chunk of openFile(file)) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

async function* openFile(file: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === undefined) throw error;
    throw new CommandError(`The file ${file} cannot be read (${code}).`, {
      fix: 'Check its path and permissions.',
    });
  }
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

async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  yield rest;
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

/** Columns that belong to the change; every other one is a field of the record. */
const OWN_COLUMNS: ReadonlySet<string> = new Set(['entity', 'key', 'entity_key', 'op', 'account']);

async function* readCsvLines(
  pieces: AsyncIterable<string>,
  options: ImportOptions,
): AsyncGenerator<ImportedLine> {
  let header: readonly string[] | undefined;
  try {
    for await (const { line, fields } of readCsv(withoutMark(pieces))) {
      if (header === undefined) {
        header = fields.map((name) => name.trim());
        continue;
      }
      yield { line, ...readCsvLine(header, fields, options) };
    }
  } catch (error) {
    if (!(error instanceof CsvFault)) throw error;
    yield {
      line: error.line,
      ok: false,
      faults: [{ field: '', problem: error.message, fix: 'Close the quote.' }],
    };
  }
}

/** Excel begins UTF-8 files with a mark. */
async function* withoutMark(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let isFirst = true;
  for await (const piece of pieces) {
    yield isFirst ? piece.replace(/^\ufeff/, '') : piece;
    if (piece !== '') isFirst = false;
  }
}

function readCsvLine(header: readonly string[], fields: readonly string[], options: ImportOptions) {
  if (fields.length > header.length) {
    const problem = `has ${fields.length} fields, and the header ${header.length}`;
    return {
      ok: false as const,
      faults: [{ field: '', problem, fix: 'Put values with separators in quotes.' }],
    };
  }
  const cells = header.flatMap((name, column): [string, string][] => {
    const value = fields[column]?.trim() ?? '';
    return name === '' || value === '' ? [] : [[name, value]];
  });
  const own = Object.fromEntries(cells.filter(([name]) => OWN_COLUMNS.has(name)));
  const record = cells.filter(([name]) => !OWN_COLUMNS.has(name) || name === options.keyField);
  const named =
    options.keyField === undefined ? undefined : cells.find(([name]) => name === options.keyField)?.[1];
  const payload = nested(record);
  return readChange({
    account: own.account ?? options.account,
    entity: own.entity ?? options.entity,
    key: own.key ?? own.entity_key ?? named,
    ...(own.op !== undefined && { op: own.op }),
    ...(own.op !== 'delete' && { payload }),
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
