import type { Fault as PlatformFault } from '../../src/sandbox/sandbox.ts';
import { whileCablesAre } from './cables.ts';
import type { Fault } from './faults.ts';

const ANSWERS: readonly PlatformFault[] = [
  { kind: 'status', code: 503, rate: 0.3 },
  { kind: 'status', code: 503, rate: 0.3, retryAfter: 1 },
  { kind: 'status', code: 429, rate: 0.3, retryAfter: 1 },
  { kind: 'status', code: 500, rate: 0.3, effect: true },
  { kind: 'busy', rate: 0.3 },
  { kind: 'drop-before', rate: 0.3 },
  { kind: 'drop-after', rate: 0.3 },
  { kind: 'hang', ms: 3_000, rate: 0.1 },
  { kind: 'hang-after', ms: 3_000, rate: 0.1 },
  { kind: 'truncated', rate: 0.3 },
  { kind: 'garbage', rate: 0.3 },
  { kind: 'no-status', rate: 0.3 },
  { kind: 'wrong-sec', rate: 0.3 },
  { kind: 'string-status', rate: 0.5 },
  { kind: 'indexed-data', rate: 0.5 },
  { kind: 'partial', lines: 1, rate: 0.5 },
  { kind: 'latency', ms: 400, rate: 0.5 },
  // Longer than the time limit: the platform acts when nobody waits for it any more.
  { kind: 'latency', ms: 3_000, rate: 0.1 },
];

function answerName(fault: PlatformFault): string {
  const code = fault.kind === 'status' ? ` ${fault.code}` : '';
  const after = fault.kind === 'status' && fault.retryAfter !== undefined ? ' with Retry-After' : '';
  const late = fault.kind === 'latency' && fault.ms > 1_000 ? ' beyond the time limit' : '';
  return `platform: ${fault.kind}${code}${after}${late}`;
}

/** Answers of the platform that are not as they should be, for some of the requests. */
export const platformFaults: readonly Fault[] = ANSWERS.map((fault) => ({
  name: answerName(fault),
  needs: 'nothing',
  make: async ({ sandbox }, _actor, trouble) => {
    sandbox.setFaults([...sandbox.faults(), fault]);
    await trouble.lasts();
  },
}));

/** The platform is away as a whole, for all agents. */
export const outages: readonly Fault[] = [
  {
    name: 'platform: away, refuses connections',
    needs: 'nothing',
    outage: true,
    make: (stage, _actor, trouble) => whileCablesAre('cut', stage.actors, ['platform'], trouble),
  },
  {
    name: 'platform: away, 503 to everything',
    needs: 'nothing',
    outage: true,
    make: async ({ sandbox }, _actor, trouble) => {
      sandbox.setFaults([{ kind: 'status', code: 503 }]);
      await trouble.lasts();
    },
  },
  {
    name: 'platform: away, swallows everything',
    needs: 'nothing',
    outage: true,
    make: (stage, _actor, trouble) => whileCablesAre('swallowing', stage.actors, ['platform'], trouble),
  },
];
