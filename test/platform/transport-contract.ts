import { describeBeforeSend } from './contract/before-send.ts';
import { describeConnections } from './contract/connections.ts';
import { describeInDoubt } from './contract/in-doubt.ts';
import { describeNotSent } from './contract/not-sent.ts';
import { describeReplies } from './contract/replies.ts';
import { type CreateTransport, senderOpener } from './contract/sender.ts';
import { describeTls } from './contract/tls.ts';

export type { CreateTransport } from './contract/sender.ts';

/** Every transport must pass this: real sockets, and each fault made by a server that really has it. */
export function describeTransport(name: string, createTransport: CreateTransport): void {
  const open = senderOpener(createTransport);
  describeReplies(name, open);
  describeNotSent(name, open);
  describeInDoubt(name, open);
  describeBeforeSend(name, open);
  describeConnections(name, open);
  describeTls(name, open);
}
