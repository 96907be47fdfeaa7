import type { z } from 'zod';
import type { Body } from './sandbox-state.ts';
import { describeShapeFault } from './shape-fault.ts';
import { recordEffect, type World } from './world.ts';

export type SystemName = 'crm' | 'data' | 'order' | 'logistics';

/** A reply as it goes out: `status` 0 for success, 1 for failure. */
export type Reply = Readonly<Record<string, unknown>> & { readonly status: number; readonly msg: string };

/** The replies of one interface in which the document prints `sec`. */
export type SecPlacement = 'every reply' | 'success' | 'failure' | 'nowhere';

interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly sec: string;
}

/** One valid request of a known account. */
export interface Call<Request> {
  readonly world: World;
  readonly request: Request;
  readonly account: string;
  /** How many lines an injected fault lets through (interface 8 only). */
  readonly lineLimit?: number;
  /** Counts an accepted change under a key. */
  readonly effect: (key: string, body: Body) => void;
}

export interface InterfaceDefinition<Request extends Credentials> {
  readonly number: number;
  readonly name: string;
  readonly system: SystemName;
  readonly path: string;
  readonly secIn: SecPlacement;
  readonly shape: z.ZodType<Request>;
  /** False for 注册, whose password belongs to an account that is not there yet. */
  readonly needsAccount?: boolean;
  readonly act: (call: Call<Request>) => Reply;
}

/** One interface as the server sees it. */
export interface SandboxInterface {
  readonly number: number;
  readonly name: string;
  readonly system: SystemName;
  readonly path: string;
  readonly answer: (question: Question) => Reply;
  /** A failure in the form that the document prints for this interface, without any effect. */
  readonly refuse: (msg: string, body: unknown) => Reply;
}

export interface Question {
  readonly world: World;
  readonly body: unknown;
  readonly lineLimit?: number;
}

/** A success, with what the document prints between `msg` and `sec`. */
export function accepted(msg: string, fields: Readonly<Record<string, unknown>> = {}): Reply {
  return { status: 0, msg, ...fields };
}

/** A failure: `status` 1 and nothing but words. */
export function refused(msg: string): Reply {
  return { status: 1, msg };
}

/** Turns the description of one interface into the value that the server plays. */
export function defineInterface<Request extends Credentials>(
  definition: InterfaceDefinition<Request>,
): SandboxInterface {
  const { number, name, system, path, secIn } = definition;
  const answer = (question: Question) => seal(decide(definition, question), secIn, question.body);
  const refuse = (msg: string, body: unknown) => seal(refused(msg), secIn, body);
  return { number, name, system, path, answer, refuse };
}

function decide<Request extends Credentials>(
  definition: InterfaceDefinition<Request>,
  { world, body, lineLimit }: Question,
): Reply {
  const parsed = definition.shape.safeParse(body);
  if (!parsed.success) return refused(describeShapeFault(parsed.error.issues, body));
  const request = parsed.data;
  const refusal = refuseCredentials(world, request, definition.needsAccount ?? true);
  if (refusal !== undefined) return refusal;
  const account = request.username;
  const effect = (key: string, kept: Body) =>
    recordEffect(world, { interface: definition.name, account, key, body: kept });
  return definition.act({ world, request, account, effect, ...(lineLimit !== undefined && { lineLimit }) });
}

function refuseCredentials(world: World, request: Credentials, needsAccount: boolean): Reply | undefined {
  if (request.sec !== world.settings.sec) return refused('加密秘钥不正确');
  if (!needsAccount) return undefined;
  const known = world.passwords.get(request.username) === request.password;
  return known ? undefined : refused('用户不存在或密码不正确');
}

/** Echoes the request's own `sec`: a success proves that it is the right one, a failure must not give the right one away. */
function seal(reply: Reply, secIn: SecPlacement, body: unknown): Reply {
  const placed = secIn === 'every reply' || secIn === (reply.status === 0 ? 'success' : 'failure');
  return placed ? { ...reply, sec: secOf(body) } : reply;
}

function secOf(body: unknown): string {
  const sec = typeof body === 'object' && body !== null && 'sec' in body ? body.sec : '';
  return typeof sec === 'string' ? sec : '';
}
