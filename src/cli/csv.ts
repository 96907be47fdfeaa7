import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';

/** One record of a CSV file: its fields, and the line that it begins at. */
export type CsvRow = { readonly line: number; readonly fields: readonly string[] };

/** What keeps the rest of a CSV file from being read. */
export class CsvFault extends Error {
  readonly line: number;

  constructor(line: number, cause: unknown) {
    super('a quoted field that begins here is not closed', { cause });
    this.line = line;
  }
}

/** What may stand between two fields; told by the first line where it is not given. */
export const DELIMITERS = [',', ';', '\t', '|'] as const;

/** A record that goes on for so long is one whose quote is not closed. */
const LARGEST_ROW_BYTES = 4 * 1024 * 1024;

/**
 * Reads CSV (RFC 4180) from pieces of text that begin at a line: quoted fields with line breaks, either line end, blank
 * lines passed over, a quote inside an unquoted field (`5" hose`) taken as it is. Throws a {@link CsvFault}, and whatever
 * `pieces` throws.
 */
export async function* readCsv(
  pieces: AsyncIterable<string>,
  delimiter: string | undefined,
): AsyncGenerator<CsvRow> {
  const { first, all } = await peek(pieces);
  const parser = parse({
    delimiter: delimiter ?? mostFrequent(first),
    raw: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n'],
    max_record_size: LARGEST_ROW_BYTES,
  });
  pipeline(Readable.from(all), parser, () => undefined);
  let line = 1;
  try {
    for await (const row of parser) {
      const { record, raw }: { readonly record: readonly string[]; readonly raw: string } = row;
      const text = raw.trimStart();
      line += lineEnds(raw.slice(0, raw.length - text.length));
      yield { line, fields: record };
      line += lineEnds(text);
    }
  } catch (error) {
    throw error instanceof CsvError ? new CsvFault(line, error) : error;
  }
}

/** The parser keeps of a record's own `\r\n` the `\r` alone. */
function lineEnds(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0;
}

function mostFrequent(text: string): string {
  const [header = ''] = text.split('\n', 1);
  const counts = DELIMITERS.map((each) => ({ each, count: header.split(each).length }));
  return counts.reduce((most, next) => (next.count > most.count ? next : most)).each;
}

async function peek(
  pieces: AsyncIterable<string>,
): Promise<{ readonly first: string; readonly all: AsyncIterable<string> }> {
  const iterator = pieces[Symbol.asyncIterator]();
  const { value, done } = await iterator.next();
  const first = done === true ? '' : value;
  const rest = { [Symbol.asyncIterator]: () => iterator };
  return {
    first,
    all: (async function* () {
      yield first;
      yield* rest;
    })(),
  };
}
