/** One record of a CSV file: its fields, and the line that it begins at. */
export type CsvRow = { readonly line: number; readonly fields: readonly string[] };

/** A quote that is not closed. */
export class CsvFault extends Error {
  readonly line: number;

  constructor(line: number) {
    super('a quoted field that begins here is not closed');
    this.line = line;
  }
}

/**
 * Reads CSV (RFC 4180) from pieces of text: commas, semicolons or tabs (whichever the first line has most of), quoted
 * fields with line breaks, any line ends. Throws a {@link CsvFault} when the text ends inside quotes.
 */
export async function* readCsv(pieces: AsyncIterable<string>): AsyncGenerator<CsvRow> {
  const reader = new CsvReader();
  for await (const piece of pieces) {
    for (const letter of piece) {
      const row = reader.take(letter);
      if (row) yield row;
    }
  }
  const last = reader.end();
  if (last) yield last;
}

class CsvReader {
  #fields: string[] = [];
  #field = '';
  #quoted = false;
  /** A quote inside quotes: its end, unless another follows. */
  #closing = false;
  #line = 1;
  #startLine = 1;
  #quoteLine = 1;
  #separator: string | undefined;
  #firstLine = '';

  take(letter: string): CsvRow | undefined {
    if (this.#separator === undefined) return this.#takeFirst(letter);
    return this.#takeLetter(letter, this.#separator);
  }

  end(): CsvRow | undefined {
    if (this.#separator === undefined) {
      const rows = this.#begin();
      if (rows) return rows;
    }
    if (this.#quoted && !this.#closing) throw new CsvFault(this.#quoteLine);
    return this.#fields.length > 0 || this.#field !== '' ? this.#finish() : undefined;
  }

  /** Holds the first line back until its separator is known. */
  #takeFirst(letter: string): CsvRow | undefined {
    this.#firstLine += letter;
    return letter === '\n' ? this.#begin() : undefined;
  }

  #begin(): CsvRow | undefined {
    const counts = [',', ';', '\t'].map((each) => ({ each, count: this.#firstLine.split(each).length }));
    const separator = counts.reduce((most, next) => (next.count > most.count ? next : most)).each;
    this.#separator = separator;
    let row: CsvRow | undefined;
    for (const letter of this.#firstLine) row = this.#takeLetter(letter, separator) ?? row;
    return row;
  }

  #takeLetter(letter: string, separator: string): CsvRow | undefined {
    if (letter === '\n') this.#line += 1;
    if (this.#quoted && !this.#closing) {
      if (letter === '"') this.#closing = true;
      else this.#field += letter;
      return undefined;
    }
    if (this.#closing && letter === '"') {
      this.#closing = false;
      this.#field += letter;
      return undefined;
    }
    if (letter === '"' && this.#field === '') {
      this.#quoted = true;
      this.#quoteLine = this.#line;
      return undefined;
    }
    if (letter === separator) {
      this.#endField();
      return undefined;
    }
    if (letter === '\n') return this.#finish();
    if (letter !== '\r') this.#field += letter;
    return undefined;
  }

  #endField(): void {
    this.#fields.push(this.#field);
    this.#field = '';
    this.#quoted = false;
    this.#closing = false;
  }

  /** A blank line is no record. */
  #finish(): CsvRow | undefined {
    this.#endField();
    const row = { line: this.#startLine, fields: this.#fields };
    this.#fields = [];
    this.#startLine = this.#line;
    return row.fields.length === 1 && row.fields[0] === '' ? undefined : row;
  }
}
