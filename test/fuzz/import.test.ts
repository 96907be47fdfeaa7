import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ImportedLine, readImportFile } from '../../src/cli/import-file.ts';
import { temporaryDirectory, writeIn } from '../config/temporary-files.ts';

const RUNS = Number(process.env.FUZZ_RUNS ?? 25);

async function read(directory: string, content: string | Buffer): Promise<ImportedLine[]> {
  const file = writeIn(directory, 'goods.csv', content);
  const lines: ImportedLine[] = [];
  const all = readImportFile(file, {
    format: 'csv',
    encoding: 'utf-8',
    delimiter: undefined,
    columns: { fieldOf: new Map(), ignoreUnknown: false },
    entity: 'goods',
    keyField: 'goodsId',
    account: 'default',
  });
  for await (const line of all) lines.push(line);
  return lines;
}

const HEADER = ['goodsId', 'name', 'oeNumber', 'stock', 'price'] as const;

/** What a cell may hold: also what has a meaning in CSV, and what a spreadsheet breaks in two. */
const cell = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.constantFrom('"', '""', ',', ';', '\t', '|', '\n', '\r\n', ' ', '5" 软管', '机油滤清器', '\ufeff'),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join('').trim())
  .filter((text) => text !== '' && text.length <= 100);

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

describe('a CSV file', () => {
  it('as a spreadsheet writes it, is read as it is', async () => {
    const directory = temporaryDirectory();
    const file = fc.record({
      names: fc.array(cell, { minLength: 1, maxLength: 5 }),
      delimiter: fc.constantFrom(',', ';', '\t', '|'),
      lineEnd: fc.constantFrom('\n', '\r\n'),
      mark: fc.constantFrom('', '\ufeff'),
    });
    await fc.assert(
      fc.asyncProperty(file, async ({ names, delimiter, lineEnd, mark }) => {
        const rows = [HEADER, ...names.map((name, at) => [`G-${at}`, name, 'OE', '1', '2'])];
        const text = rows.map((row) => row.map(quoted).join(delimiter)).join(lineEnd);
        const taken = (await read(directory, mark + text)).map((line) =>
          line.ok ? line.entry.payload : { ...line, isFault: true },
        );
        expect(taken).toEqual(
          names.map((name, at) => ({ goodsId: `G-${at}`, name, oeNumber: 'OE', stock: '1', price: '2' })),
        );
      }),
      { numRuns: RUNS * 8 },
    );
  });

  it('with bytes that do not belong there, is refused by line and in words, or taken', async () => {
    const directory = temporaryDirectory();
    const good = Buffer.from(
      [HEADER.join(','), 'G-1,"机油, 5W-30",OE,1,2.5', 'G-2,x,OE,1,2', 'G-3,"y""z",OE,3,4', ''].join('\r\n'),
    );
    const bytes = fc.oneof(
      fc.constantFrom('"', ',', '\n', '\r', '\0', '\t', ';', '""', ',,,', '__proto__', 'op', '\ufeff'),
      fc.uint8Array({ maxLength: 4 }).map((array) => Buffer.from(array).toString('latin1')),
    );
    const damage = fc.record({ at: fc.nat(good.length), drop: fc.nat(6), bytes, raw: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (damages) => {
        const content = damages.reduce(
          (whole, each) =>
            Buffer.concat([
              whole.subarray(0, each.at),
              Buffer.from(each.bytes, each.raw ? 'latin1' : 'utf8'),
              whole.subarray(each.at + each.drop),
            ]),
          good,
        );
        const lines = await read(directory, content);
        const ends =
          content.toString('latin1').split('\n').length + content.toString('latin1').split('\r').length;
        const numbers = lines.map(({ line }) => line);
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
        expect(numbers.every((number) => number >= 1 && number <= ends)).toBe(true);
        for (const line of lines) {
          if (line.ok) expect(content.toString('utf8')).toContain(line.entry.key);
          else expect(line.faults.every(({ problem, fix }) => problem !== '' && fix !== '')).toBe(true);
        }
      }),
      { numRuns: RUNS * 20 },
    );
  });
});
