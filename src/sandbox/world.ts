import { KeyIndex } from './key-index.ts';
import { type Body, emptyState, type SandboxState } from './sandbox-state.ts';

/** One accepted change, for a listener that checks the order in which changes arrive. */
export interface Effect {
  readonly interface: string;
  readonly account: string;
  readonly key: string;
  readonly body: Body;
}

/** `companyid` and `companyName` are made up when they are left out. */
export interface SandboxAccount {
  readonly username: string;
  readonly password: string;
  readonly companyid?: string;
  readonly companyName?: string;
}

/** What the platform does with a timestamp that it knows: answer the same again, or refuse. */
export type ResendMode = 'idempotent' | 'refuse';

export interface WorldSettings {
  readonly sec: string;
  readonly accounts: readonly SandboxAccount[];
  readonly pageSizeMax: number;
  readonly resendMode: ResendMode;
  readonly onEffect?: (effect: Effect) => void;
}

/** The state and what may not be seen in it: passwords, numbering, settings. */
export interface World {
  readonly settings: WorldSettings;
  resendMode: ResendMode;
  readonly state: SandboxState;
  readonly passwords: Map<string, string>;
  readonly companyNames: Map<string, string>;
  /** Customers by account and name. */
  readonly customersByName: KeyIndex;
  /** Relations by account and the two enterprises. */
  readonly relationsByPair: KeyIndex;
  /** Discounts by account, enterprise, relation and goods. */
  readonly discountsByKey: KeyIndex;
  /** Called once for every new order, so that the lifecycle can move it. */
  readonly onOrder: (orderId: string) => void;
  sequence: number;
}

/** A world at its beginning, with the accounts of the settings. */
export function createWorld(settings: WorldSettings, onOrder: (orderId: string) => void): World {
  const world: World = {
    settings,
    resendMode: settings.resendMode,
    state: emptyState(),
    passwords: new Map(),
    companyNames: new Map(),
    customersByName: new KeyIndex(),
    relationsByPair: new KeyIndex(),
    discountsByKey: new KeyIndex(),
    onOrder,
    sequence: 0,
  };
  for (const account of settings.accounts) addAccount(world, account);
  return world;
}

const FIRST_COMPANY = 1001;

/** Makes an account known; without a company it gets the next free one. */
export function addAccount(world: World, account: SandboxAccount): void {
  const companyid = account.companyid ?? `E${FIRST_COMPANY + world.passwords.size}`;
  const companyName = account.companyName ?? `示例企业${companyid}`;
  world.passwords.set(account.username, account.password);
  world.companyNames.set(companyid, companyName);
  world.state.accounts[account.username] = {
    username: account.username,
    companyid,
    companyName,
    registrations: 0,
  };
}

/** 企业名称 of a company id; companies that have no account here get a made-up name. */
export function companyName(world: World, companyId: string): string {
  return world.companyNames.get(companyId) ?? `企业${companyId}`;
}

/** The next id with a prefix: C1, O2, … Numbers are never given twice. */
export function nextId(world: World, prefix: string): string {
  world.sequence += 1;
  return `${prefix}${world.sequence}`;
}

const VIOLATIONS_KEPT = 1000;

/** Notes a contradiction in what the requests say. */
export function violate(world: World, sentence: string): void {
  world.state.violationCount += 1;
  if (world.state.violations.length < VIOLATIONS_KEPT) world.state.violations.push(sentence);
}

/** The counters of an interface, made at its first request. */
export function countsOf(world: World, interfaceName: string) {
  const known = world.state.counts[interfaceName];
  if (known !== undefined) return known;
  const counts = { requests: 0, accepted: 0, refused: 0, faulted: 0, effects: 0 };
  world.state.counts[interfaceName] = counts;
  return counts;
}

/** Counts an accepted change and tells the listener. */
export function recordEffect(world: World, effect: Effect): void {
  countsOf(world, effect.interface).effects += 1;
  world.settings.onEffect?.(effect);
}

const BODIES_KEPT = 20;

/** Appends to the bodies of a key, keeping the last 20. */
export function keepBody(bodies: Body[], body: Body): void {
  bodies.push(body);
  if (bodies.length > BODIES_KEPT) bodies.shift();
}
