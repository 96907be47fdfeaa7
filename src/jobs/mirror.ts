import { hash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { identityText, storable } from '../ledger/mirror-identity.ts';
import {
  claimWalk,
  declareMissing,
  type MirrorList,
  type MirrorRow,
  presentIdentities,
  releaseWalk,
  type WalkClaim,
  writePage,
} from '../ledger/mirror-store.ts';
import type { JsonObject, MirrorDefinition, PlatformInterface, Push } from '../mappers/interface.ts';
import { INTERFACES } from '../mappers/registry.ts';
import { PAGE_SIZE, readText, rowsOf } from '../mappers/replies.ts';
import type { PollContext } from './poll.ts';

/** What mirroring works with. */
export type MirrorContext = Pick<
  PollContext,
  'database' | 'gateway' | 'accounts' | 'logins' | 'logger' | 'mapperOptions'
> & {
  /** How long one agent has a list for itself without reading a page: longer than the longest send. */
  readonly claimMs: number;
};

/** What became of one account's list. */
export type MirrorResult = {
  readonly account: string;
  readonly entity: string;
  /**
   * `complete`: the mirror is as the platform. `moving`: the list changed under every walk, so nothing is called missing.
   * `failed`: a page could not be read. `elsewhere`: another agent is at it.
   */
  readonly kind: 'complete' | 'moving' | 'failed' | 'elsewhere';
  /** Rows of the last walk. */
  readonly rows: number;
  /** Rows that are missing since now. */
  readonly missing: number;
  readonly reason?: string;
};

/** Copies what the platform holds of customers, relations and discounts into `ctg_mirror`. */
export type Mirror = {
  /** Walks through every list once. Gives nothing while an earlier run goes on. */
  run(): Promise<readonly MirrorResult[]>;
  /** Walks through one list, after any other agent that is at it. Undefined where the platform has no such list. */
  walk(list: MirrorList): Promise<MirrorResult | undefined>;
  /** Ends a run after the page that is being read. */
  stop(): void;
  settled(): Promise<void>;
};

/** A list is walked through at most so often in one run. */
const MOST_WALKS = 3;

/** More pages than any list has: a platform that answers without end is left. */
const MOST_PAGES = 20_000;

/** Builds the mirror of an agent. */
export function createMirror(context: MirrorContext): Mirror {
  const stopping = new AbortController();
  let running: Promise<readonly MirrorResult[]> | undefined;
  return {
    run: async () => {
      if (running) return [];
      running = runAll(context, stopping.signal);
      return running.finally(() => {
        running = undefined;
      });
    },
    walk: async (list) => walkList(context, list, stopping.signal),
    stop: () => stopping.abort(),
    settled: async () => {
      await running?.catch(() => undefined);
    },
  };
}

/** One list: an account's records of one interface. */
type Target = {
  readonly account: string;
  readonly endpoint: PlatformInterface;
  readonly mirror: MirrorDefinition;
  readonly push: Push;
};

type Walking = {
  readonly context: MirrorContext;
  readonly target: Target;
  readonly claim: WalkClaim;
  readonly signal: AbortSignal;
};

async function runAll(context: MirrorContext, signal: AbortSignal): Promise<readonly MirrorResult[]> {
  const results: MirrorResult[] = [];
  for (const target of targetsOf(context)) {
    const result = await mirrorList(context, target, signal);
    const isFine = result.kind === 'complete' || result.kind === 'elsewhere';
    context.logger[isFine ? 'info' : 'warn'](result, 'mirror');
    results.push(result);
  }
  return results;
}

function targetsOf({ accounts }: MirrorContext): Target[] {
  const mirrored = INTERFACES.flatMap((endpoint) => {
    const { mirror, push } = endpoint;
    return mirror && push ? [{ endpoint, mirror, push }] : [];
  });
  return [...accounts.keys()].flatMap((account) => mirrored.map((each) => ({ account, ...each })));
}

/** How long to leave a list to the agent that is at it before asking again. */
const ELSEWHERE_PAUSE_MS = 500;

async function walkList(
  context: MirrorContext,
  { account, entity }: MirrorList,
  signal: AbortSignal,
): Promise<MirrorResult | undefined> {
  const target = targetsOf(context).find((each) => each.account === account && each.push.entity === entity);
  if (!target) return undefined;
  for (;;) {
    const result = await mirrorList(context, target, signal);
    if (result.kind !== 'elsewhere' || signal.aborted) return result;
    await pause(ELSEWHERE_PAUSE_MS);
  }
}

async function mirrorList(
  context: MirrorContext,
  target: Target,
  signal: AbortSignal,
): Promise<MirrorResult> {
  const list = { account: target.account, entity: target.push.entity };
  const claim = await claimWalk(context.database, list, context.claimMs);
  if (!claim) return { ...list, kind: 'elsewhere', rows: 0, missing: 0 };
  try {
    return { ...list, ...(await mirrorClaimed({ context, target, claim, signal })) };
  } finally {
    // A claim that cannot be given back ends by itself.
    await releaseWalk(context.database, claim).catch(() => undefined);
  }
}

/** The rows of a list by identity, and those that were met more than once. */
type Known = { readonly seen: ReadonlySet<string>; readonly repeated: ReadonlySet<string> };

/**
 * Walks until a walk has read what was known before it: from the mirror, or from the walk before. One walk alone proves
 * nothing. A row that leaves a page which was read already draws another over the border of two pages unseen, and with
 * one added at the end even the total stays the same.
 */
async function mirrorClaimed(walking: Walking): Promise<Omit<MirrorResult, 'account' | 'entity'>> {
  const { context, claim } = walking;
  const present = await presentIdentities(context.database, claim);
  let known: Known = { seen: present, repeated: new Set() };
  for (let turn = 1; turn <= MOST_WALKS; turn++) {
    const number = claim.held;
    const walk = await walkOnce(walking, number);
    if (typeof walk === 'string') return { kind: 'failed', rows: 0, missing: 0, reason: walk };
    if (isWhole(walk) && isSame(walk, known)) {
      const missing = await declareMissing(context.database, claim, number);
      if (missing === undefined) return { kind: 'failed', rows: 0, missing: 0, reason: TAKEN_OVER };
      return { kind: 'complete', rows: walk.seen.size, missing };
    }
    known = walk;
  }
  const reason = `The list changed during each of ${MOST_WALKS} walks.`;
  return { kind: 'moving', rows: known.seen.size, missing: 0, reason };
}

const TAKEN_OVER = 'Another agent took the walk over.';

/** What a walk has met so far. */
type Walk = {
  readonly seen: Set<string>;
  readonly repeated: Set<string>;
  /** Rows with those that were met before and those that cannot be told apart. */
  count: number;
  total: number | undefined;
  totalChanged: boolean;
};

function isWhole({ count, total, totalChanged }: Walk): boolean {
  return !totalChanged && (total === undefined || count === total);
}

function isSame(walk: Known, known: Known): boolean {
  return isEqual(walk.seen, known.seen) && isEqual(walk.repeated, known.repeated);
}

function isEqual(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === right.size && [...left].every((each) => right.has(each));
}

/** Reads and writes all pages. Gives the reason where that fails. */
async function walkOnce(walking: Walking, number: number): Promise<Walk | string> {
  const { context, target, claim } = walking;
  const walk: Walk = {
    seen: new Set(),
    repeated: new Set(),
    count: 0,
    total: undefined,
    totalChanged: false,
  };
  for (let page = 1; page <= MOST_PAGES; page++) {
    const reply = await readPage(walking, page);
    if (typeof reply === 'string') return reply;
    const found = rowsOf(reply);
    const rows = found.flatMap((row) => mirrorRow(target, row) ?? []);
    const fresh = notePage(walk, { identities: rows.map((row) => row.identity), count: found.length, reply });
    const byIdentity = new Map(rows.map((row) => [row.identity, row]));
    const isWritten = await writePage(context.database, claim, {
      walk: number,
      rows: [...byIdentity.values()],
    });
    if (!isWritten) return TAKEN_OVER;
    if (isLast(walk, { count: found.length, fresh })) return walk;
  }
  return `The list did not end after ${MOST_PAGES} pages.`;
}

type PageFacts = {
  readonly identities: readonly string[];
  readonly count: number;
  readonly reply: JsonObject;
};

/** Adds a page to what the walk has met, and gives how many rows were new. */
function notePage(walk: Walk, { identities, count, reply }: PageFacts): number {
  const before = walk.seen.size;
  for (const identity of identities) (walk.seen.has(identity) ? walk.repeated : walk.seen).add(identity);
  walk.count += count;
  const total = totalOf(reply);
  walk.totalChanged ||= walk.total !== undefined && total !== undefined && total !== walk.total;
  walk.total = total ?? walk.total;
  return walk.seen.size - before;
}

/**
 * Whether the list ends with this page. A page that shows nothing new ends it too: some servers give the last page again
 * for any page behind it.
 */
function isLast({ count, total }: Walk, page: { readonly count: number; readonly fresh: number }): boolean {
  if (page.count === 0 || page.fresh === 0) return true;
  return total === undefined ? page.count < PAGE_SIZE : count >= total;
}

function totalOf(reply: JsonObject): number | undefined {
  const total = Number(readText(reply, 'totalRecords') ?? Number.NaN);
  return Number.isInteger(total) && total >= 0 ? total : undefined;
}

/** Asks for one page; a text is the reason why there is none. */
async function readPage({ context, target, signal }: Walking, page: number): Promise<JsonObject | string> {
  const { endpoint, mirror } = target;
  const { accounts, gateway, logins, mapperOptions } = context;
  if (signal.aborted) return 'The agent is stopping.';
  // Looked up for every page: credentials may have been changed, or refused, since the last one.
  const account = accounts.get(target.account);
  if (!account || logins.refusal(account.id) !== undefined) return 'The account cannot log in.';
  const companyId = logins.companyOf(account.id);
  const body = mirror.request({ page, companyId, options: mapperOptions });
  if (!body) return 'The company of the account is not known yet.';
  const { outcome } = await gateway.send({ endpoint, account, body });
  if (outcome.kind === 'login-refused') await logins.refuse(account.id, outcome.message);
  if (outcome.kind !== 'accepted') return `Page ${page}: ${failureText(outcome)}`;
  const reply = { ...outcome.reply };
  // An answer that shows no list says nothing of what is missing.
  const showsList = totalOf(reply) !== undefined || (typeof reply.data === 'object' && reply.data !== null);
  return showsList ? reply : `Page ${page}: the answer has neither "data" nor "totalRecords".`;
}

function failureText(outcome: { readonly kind: string; readonly message?: string }): string {
  return outcome.message === undefined ? outcome.kind : `${outcome.kind}, ${outcome.message}`;
}

/** A row as it is kept: in the ERP's terms, and with the hash that the same record has in `ctg_binding`. */
function mirrorRow({ mirror, push }: Target, row: JsonObject): MirrorRow | undefined {
  const read = mirror.read(row);
  if (!read) return undefined;
  const parsed = push.parse(read.record);
  const record = JSON.stringify(parsed.ok ? parsed.record : read.record);
  const platformId = read.platformId === undefined ? undefined : storable(read.platformId).slice(0, 128);
  return { identity: identityText(read.identity), platformId, record, hash: digest(record) };
}

function digest(text: string): string {
  return hash('sha256', text, 'base64url');
}
