import { maskRecord } from '../../admin/masking.ts';
import type { SourceMap } from '../../config/source-map.ts';
import type { Database } from '../../erp/database.ts';
import type { SourceRecord } from '../../erp/records.ts';
import { interfaceFor } from '../../mappers/registry.ts';
import type { Configuration } from '../settings.ts';
import { attempt } from './attempt.ts';
import { type Finding, fault, fine, warning } from './finding.ts';
import { type Refusal, readSample, refusalsOf, type Sample } from './source-map-sample.ts';
import { type BadStatement, explainStatements } from './source-map-statements.ts';

const SHOWN_RECORDS = 3;
const SHOWN_REASONS = 3;
const CORRECT_MAP = 'correct it in CTG_SOURCES_FILE, or let the user of DATABASE_URL do what it says.';

/** A source map against the database: every statement explained, and some records checked as the relay would. */
export async function examineSource(
  database: Database,
  configuration: Configuration,
  map: SourceMap,
): Promise<readonly Finding[]> {
  const what = `source map ${map.entity}`;
  const bad = await explainStatements(database.kysely, database.dialect, map);
  if (bad.length > 0) return bad.map((each) => unfit(what, each));
  const sample = await attempt(() => readSample(database, map), 15_000);
  if (!sample.ok) return [fault(what, `does not run (${sample.words}).`, CORRECT_MAP)];
  return [judge(what, map, sample.value, configuration)];
}

function unfit(what: string, { path, words }: BadStatement): Finding {
  return fault(what, `${path} does not fit the database (${words}).`, CORRECT_MAP);
}

function judge(what: string, map: SourceMap, sample: Sample, configuration: Configuration): Finding {
  const { asked, records } = sample;
  if (asked === undefined)
    return fine(what, 'fits the database; without selectAll or table no record was tried');
  if (asked > 0 && records.length === 0) return findsNone(what, asked);
  const refusals = refusalsOf(map, records, configuration);
  const samples = records.slice(0, SHOWN_RECORDS).map((record) => describeRecord(map, record));
  if (refusals.length > 0) return { ...wouldReject(what, records.length, refusals), samples };
  return { ...fine(what, `runs; ${records.length} of ${records.length} records tried are sound`), samples };
}

function findsNone(what: string, asked: number): Finding {
  const fix = 'see that select compares the same column (and type) that the key is made of.';
  return warning(what, `select finds none of the ${asked} keys tried.`, fix);
}

function wouldReject(what: string, tried: number, refusals: readonly Refusal[]): Finding {
  const refused = refusals.reduce((sum, { count }) => sum + count, 0);
  const reasons = refusals
    .slice(0, SHOWN_REASONS)
    .map(({ reason, count, firstKey }) =>
      count === 1 ? `${firstKey}: ${reason}` : `${count} such as ${firstKey}: ${reason}`,
    );
  const more = refusals.length > SHOWN_REASONS ? `; ${refusals.length - SHOWN_REASONS} more reasons` : '';
  const detail = `${refused} of ${tried} records tried would be rejected (${reasons.join('; ')}${more}).`;
  return fault(what, detail, 'correct the SELECT, add a conversion, or correct the records.');
}

function describeRecord({ entity }: SourceMap, { key, record }: SourceRecord): string {
  const masked = maskRecord(record, interfaceFor(entity)?.push?.secretFields);
  return `${key} ${JSON.stringify(masked)}`.slice(0, 500);
}
