/**
 * Reads a stream of bytes to its end as UTF-8, or gives nothing as soon as it exceeds `maxBytes`; leaving the loop
 * destroys the stream, so memory stays bounded whatever the other side sends. Characters that are split between
 * two pieces are put together again; a byte order mark is dropped. Throws what the stream fails with.
 */
export async function readBounded(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<string | undefined> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of stream) {
    size += piece.byteLength;
    if (size > maxBytes) return undefined;
    pieces.push(piece);
  }
  return new TextDecoder().decode(Buffer.concat(pieces, size));
}
