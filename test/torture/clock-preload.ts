// Loaded before an agent (`node --import`), so that the torture may set the clock of its process: at its start by the
// environment, later by a message.
import { setClock } from '../support/stepped-clock.ts';

setClock(Number(process.env.TORTURE_CLOCK_MS ?? 0));
process.on('message', (message: unknown) => setClock(Number(Object(message).clockMs)));
// Whoever tortures is gone: nobody will end this agent any more.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// The channel alone must not keep a process alive that has nothing else to do.
process.channel?.unref();
