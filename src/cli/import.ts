import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { SingleBar } from 'cli-progress';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import type { ChangeFault } from '../admin/change.ts';
import type { OutboxEntry } from '../erp/outbox.ts';
import { type AgentClient, connectAgent } from './agent-client.ts';
import { CommandError } from './command-error.ts';
import { DELIMITERS } from './csv.ts';
import { detectEncoding, ENCODINGS, type Encoding, isEncoding } from './file-text.ts';
import { readColumns } from './import-columns.ts';
import { type ImportOptions, readImportFile } from './import-file.ts';
import { print } from './output.ts';

type Options = {
  format?: ImportOptions['format'];
  encoding?: Encoding;
  delimiter?: string;
  map?: string[];
  mapFile?: string;
  ignoreUnknown?: boolean;
  entity?: string;
  key?: string;
  account: string;
  dryRun?: boolean;
  json?: boolean;
};

const CHANGES_A_REQUEST = 2_000;
const BYTES_A_REQUEST = 8 * 1024 * 1024;
const SHOWN_FAULTS = 50;

/** `ctg-sync import FILE` */
export function importCommand(program: Command): void {
  program
    .command('import')
    .argument('<file>', 'JSONL (one change, or one record, a line) or CSV with a header')
    .description('hand the changes of a file in; a file with a faulty line is not stored at all')
    .addOption(new Option('--format <format>', 'else from the name of the file').choices(['jsonl', 'csv']))
    .option(
      '--encoding <encoding>',
      `${Object.keys(ENCODINGS).join(', ')}; else UTF-8 where it is that, or GB 18030 (GBK)`,
      readEncoding,
    )
    .option(
      '--delimiter <sign>',
      'between two fields of CSV: , ; | or tab; else told by the header',
      readDelimiter,
    )
    .option(
      '--map <column=field>',
      'what a column of CSV is, for example 商品编码=goodsId; may be repeated',
      addTo,
    )
    .option('--map-file <file>', 'the same from a YAML file, a line "column: field" for each')
    .option('--ignore-unknown', 'leave out columns that are no field')
    .option('--entity <entity>', 'the entity of lines that name none')
    .option('--key <field>', 'the field that is the key of lines that have none')
    .option('--account <id>', 'the account of lines that name none', 'default')
    .option('--dry-run', 'only check the file')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ ctg-sync import changes.jsonl
  $ ctg-sync import goods.csv --entity goods --key goodsId
  $ ctg-sync import 商品.csv --encoding gbk --entity goods --key goodsId --map 商品编码=goodsId --map 名称=name

A line of JSONL is a change, {"entity": "goods", "key": "G-1", "payload": {…}}, or with --entity and --key the record
alone. A column "courier.name" of CSV is the field "name" of "courier". The same file twice is stored once:
a run that broke off is simply started again, and stores the rest.`,
    )
    .action(async (file: string, options: Options) => {
      const read = await readOptions(file, options);
      const checked = await checkFile(file, read);
      if (checked.faults.length > 0) throw faulty(file, checked);
      const stored = options.dryRun === true ? 0 : await send(connectAgent(), file, read, checked, options);
      print(options.json, { file, changes: checked.count, stored, encoding: read.encoding }, () =>
        options.dryRun === true
          ? `${checked.count} changes are sound. Nothing was stored.`
          : `${stored} ${stored === 1 ? 'change is' : 'changes are'} stored.`,
      );
    });
}

async function readOptions(file: string, options: Options): Promise<ImportOptions> {
  return {
    format: options.format ?? (/\.(csv|tsv|txt)$/i.test(file) ? 'csv' : 'jsonl'),
    encoding: options.encoding ?? (await detectEncoding(file)),
    entity: options.entity,
    keyField: options.key,
    account: options.account,
    delimiter: options.delimiter,
    columns: readColumns(options),
  };
}

/** Repeated rather than a list: a list would take the file's name for one of its own. */
function addTo(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

function readEncoding(text: string): Encoding {
  const word = text.toLowerCase().replace(/^utf8$/, 'utf-8');
  if (isEncoding(word)) return word;
  throw new InvalidArgumentError(`It is one of ${Object.keys(ENCODINGS).join(', ')}.`);
}

function readDelimiter(text: string): string {
  const sign = /^(tab|\\t)$/i.test(text) ? '\t' : text;
  if (DELIMITERS.some((each) => each === sign)) return sign;
  throw new InvalidArgumentError('It is a comma, a semicolon, | or tab.');
}

type LineFault = ChangeFault & { readonly line: number };
type Checked = {
  readonly count: number;
  readonly faulty: number;
  readonly faults: readonly LineFault[];
  readonly digest: string;
};

/** Reads the whole file before anything is sent. */
async function checkFile(file: string, options: ImportOptions): Promise<Checked> {
  const faults: LineFault[] = [];
  const digest = createHash('sha256');
  let count = 0;
  let faulty = 0;
  for await (const line of readImportFile(file, options)) {
    count += 1;
    if (line.ok) {
      digest.update(lineOf(line.entry));
      continue;
    }
    faulty += 1;
    for (const fault of line.faults)
      if (faults.length < SHOWN_FAULTS) faults.push({ line: line.line, ...fault });
  }
  return { count, faulty, faults, digest: digest.digest('hex') };
}

function faulty(file: string, { count, faulty: bad, faults }: Checked): CommandError {
  const lines = faults.map(
    ({ line, field, problem, fix }) => `  line ${line}: ${field === '' ? '' : `${field} `}${problem}. ${fix}`,
  );
  const more = bad > new Set(faults.map(({ line }) => line)).size ? ['  …'] : [];
  return new CommandError(
    [`${bad} of ${count} lines of ${file} are faulty, so nothing was stored.`, ...lines, ...more].join('\n'),
    { detail: { faults } },
  );
}

/**
 * Sends the file in pages. Each has an idempotency key of the file's content and its place: a run that broke off is
 * simply started again, and stores what is missing.
 */
async function send(
  agent: AgentClient,
  file: string,
  options: ImportOptions,
  { count, digest }: Checked,
  { json }: Options,
): Promise<number> {
  const bar =
    process.stderr.isTTY && json !== true
      ? new SingleBar({ stream: process.stderr, clearOnComplete: true })
      : undefined;
  bar?.start(count, 0);
  let stored = 0;
  let page = 0;
  try {
    for await (const lines of pagesOf(file, options)) {
      const headers = { 'idempotency-key': `import-${digest}-${page}` };
      const reply = await agent.postLines(
        '/v1/changes',
        lines,
        headers,
        z.looseObject({ stored: z.number() }),
      );
      stored += reply.stored;
      page += 1;
      bar?.update(stored);
    }
  } catch (error) {
    if (error instanceof CommandError && stored > 0) {
      const fix = `${error.fix ?? ''} Then run the same command again: the ${stored} changes that are stored are not stored twice.`;
      throw new CommandError(error.message, { fix: fix.trim(), detail: error.detail });
    }
    throw error;
  } finally {
    bar?.stop();
  }
  return stored;
}

async function* pagesOf(file: string, options: ImportOptions): AsyncGenerator<string> {
  const before = statSync(file).mtimeMs;
  let lines: string[] = [];
  let bytes = 0;
  for await (const line of readImportFile(file, options)) {
    if (!line.ok || statSync(file).mtimeMs !== before)
      throw new CommandError(`${file} was changed meanwhile.`);
    const text = lineOf(line.entry);
    if (lines.length === CHANGES_A_REQUEST || (lines.length > 0 && bytes + text.length > BYTES_A_REQUEST)) {
      yield lines.join('\n');
      lines = [];
      bytes = 0;
    }
    lines.push(text);
    bytes += text.length;
  }
  if (lines.length > 0) yield lines.join('\n');
}

function lineOf(entry: OutboxEntry): string {
  return JSON.stringify(entry);
}
