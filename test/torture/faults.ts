import { agentFaults } from './agent-faults.ts';
import { databaseFaults } from './database-faults.ts';
import { diskFaults } from './disk-faults.ts';
import { networkFaults } from './network-faults.ts';
import { outages, platformFaults } from './platform-faults.ts';
import { redisFaults } from './redis-faults.ts';
import type { Actor, Stage } from './stage.ts';

/** Trouble of one kind. It begins when it is made, and has ended, and been mended, when that resolves. */
export type Fault = {
  readonly name: string;
  readonly needs: 'nothing' | 'redis' | 'server' | 'several agents' | 'embedded store';
  /** An agent that it hits cannot work, and `/readyz` must say so, when it has lasted so long at the latest. */
  readonly blindsWithinMs?: number;
  /** The platform is away as a whole: sends must not be counted against the changes. */
  readonly outage?: true;
  /** A server that it ends and starts: a round does that to each once at most. */
  readonly restarts?: 'redis' | 'server';
  readonly make: (stage: Stage, actor: Actor, trouble: Trouble) => Promise<void>;
};

/** The time of a fault. */
export type Trouble = {
  readonly lastsMs: number;
  /** Resolves when it has lasted long enough and may be mended. */
  readonly lasts: () => Promise<void>;
};

/** Every kind of trouble that can be made. */
const FAULTS: readonly Fault[] = [
  ...platformFaults,
  ...outages,
  ...agentFaults,
  ...networkFaults,
  ...redisFaults,
  ...databaseFaults,
  ...diskFaults,
];

/** Those that a store and a number of agents know. */
export function faultsOn({ store, actors }: Pick<Stage, 'store' | 'actors'>): Fault[] {
  const has = {
    nothing: true,
    redis: store === 'postgres' || store === 'mariadb',
    server: store !== 'embedded',
    'several agents': actors.length > 1,
    'embedded store': store === 'embedded',
  };
  return FAULTS.filter(({ needs }) => has[needs]);
}
