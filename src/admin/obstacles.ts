import type { PlatformInterface } from '../mappers/interface.ts';
import type { AdminContext } from './context.ts';

/** Gives, per account, what would hold up every send of an interface at present, in words for people. */
export async function obstaclesTo(
  { gateway, logins, queues }: AdminContext,
  { name, system }: PlatformInterface,
): Promise<(account: string) => readonly string[]> {
  const isPaused = await queues.all.find((queue) => queue.name === name)?.isPaused();
  const isOpen = gateway.circuits()[system].state === 'open';
  const common = [
    ...(isOpen ? [`the system ${system} does not answer (its circuit is open)`] : []),
    ...(isPaused ? [`the queue ${name} is paused`] : []),
  ];
  const known = new Set(logins.states().map(({ account }) => account));
  return (account) => {
    if (!known.has(account)) return [`there is no account ${account}`, ...common];
    const refusal = logins.refusal(account);
    return refusal === undefined ? common : [`the log-in of ${account} is refused: ${refusal}`, ...common];
  };
}
