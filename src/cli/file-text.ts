import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';
import { CommandError } from './command-error.ts';

/** The encodings by the names that people give; GB 18030 reads whatever GBK and GB 2312 write. */
export const ENCODINGS = {
  'utf-8': 'utf-8',
  gb18030: 'gb18030',
  gbk: 'gb18030',
  gb2312: 'gb18030',
} as const;

/** The name of an encoding. */
export type Encoding = keyof typeof ENCODINGS;

/** Whether a word names an encoding. */
export function isEncoding(word: string): word is Encoding {
  return Object.hasOwn(ENCODINGS, word);
}

/** Bytes that the encoding does not have: never read as something else, since a name would be wrong at the platform. */
export class EncodingFault extends Error {
  readonly line: number;
  readonly fix: string;

  constructor(line: number, encoding: Encoding) {
    super(`holds bytes that are not ${encoding.toUpperCase()}`);
    this.line = line;
    this.fix =
      encoding === 'utf-8'
        ? 'Give the encoding of the file, for example --encoding gbk, or save it as UTF-8.'
        : 'Save the file as UTF-8 ("CSV UTF-8" in Excel).';
  }
}

const LF = 10;
/** A file without line ends is none that is read line by line. */
const LONGEST_LINE_BYTES = 16 * 1024 * 1024;

/**
 * Reads a file as text, in pieces that begin and end with a line. In GB 18030 as in UTF-8, the byte of a line end is never
 * part of a longer character. Throws an {@link EncodingFault} that names the line, and a `CommandError` when the file
 * cannot be read.
 */
export async function* readText(file: string, encoding: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(ENCODINGS[encoding], { fatal: true, ignoreBOM: true });
  let line = 1;
  for await (const bytes of wholeLines(file)) {
    const text = decodeLines(decoder, bytes, { line, encoding });
    // Excel begins its files with a mark.
    yield line === 1 ? text.replace(/^\ufeff/, '') : text;
    line += countLines(bytes);
  }
}

function decodeLines(
  decoder: TextDecoder,
  bytes: Buffer,
  { line, encoding }: { readonly line: number; readonly encoding: Encoding },
): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new EncodingFault(line + firstFaulty(decoder, bytes), encoding);
  }
}

/** How many lines of `bytes` come before the first that cannot be decoded. */
function firstFaulty(decoder: TextDecoder, bytes: Buffer): number {
  let count = 0;
  for (let start = 0; start < bytes.length; count++) {
    const found = bytes.indexOf(LF, start);
    const end = found === -1 ? bytes.length : found + 1;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return count;
    }
    start = end;
  }
  return count;
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) count++;
  return count;
}

async function* wholeLines(file: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of openFile(file)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(LF) + 1;
    if (end > 0) yield bytes.subarray(0, end);
    rest = bytes.subarray(end);
    if (rest.length > LONGEST_LINE_BYTES) {
      throw new CommandError(`A line of ${file} is longer than ${LONGEST_LINE_BYTES / 1024 / 1024} MiB.`, {
        fix: 'Write one change a line: JSON without line breaks inside (JSONL), not one large array.',
      });
    }
  }
  if (rest.length > 0) yield rest;
}

/** Which encoding the file is in: UTF-8 where all of it is, else GB 18030 (GBK), which Chinese Excel writes. */
export async function detectEncoding(file: string): Promise<Encoding> {
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

async function* openFile(file: string): AsyncGenerator<Buffer> {
  let isFirst = true;
  try {
    for await (const chunk of createReadStream(file)) {
      if (isFirst) refuseUtf16(file, chunk);
      isFirst = false;
      yield chunk;
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === undefined) throw error;
    throw new CommandError(`The file ${file} cannot be read (${code}).`, {
      fix: 'Check its path and permissions.',
    });
  }
}

/** "Unicode text" of Excel. */
function refuseUtf16(file: string, bytes: Buffer): void {
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark !== 'fffe' && mark !== 'feff') return;
  throw new CommandError(`${file} is in UTF-16.`, { fix: 'Save it as UTF-8 ("CSV UTF-8" in Excel).' });
}
