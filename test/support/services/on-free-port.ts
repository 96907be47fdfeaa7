import { freePort } from './free-port.ts';

/** Starts something on a free port, and on another one when somebody took that first. */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (tries === 3 || !(error instanceof Error) || !/already in use/i.test(error.message)) throw error;
    }
  }
}
