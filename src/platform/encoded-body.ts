import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';

const DECODERS = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

const utf8 = new TextDecoder();

/**
 * A whole body as text, decompressed where its `Content-Encoding` says so, or nothing where it exceeds `maxBytes`. An
 * encoding that is not known is left as it is: the text is then no JSON, and judged so. Throws on broken data.
 */
export async function decodeBody(
  bytes: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): Promise<string | undefined> {
  const decode = encoding === undefined ? undefined : DECODERS.get(encoding.trim().toLowerCase());
  if (!decode || bytes.byteLength === 0) return utf8.decode(bytes);
  try {
    return utf8.decode(await decode(bytes, { maxOutputLength: maxBytes }));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw error;
  }
}
