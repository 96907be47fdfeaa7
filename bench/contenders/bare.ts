import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { OpenContender } from '../contender.ts';
import { createPost } from '../post.ts';

/** What people write today: plain BullMQ on Redis, `addBulk` and one worker. */
export const openBare: OpenContender = async (stage) => {
  const post = createPost(stage);
  const connect = (): Redis => new Redis(stage.redisUrl ?? '', { maxRetriesPerRequest: null });
  const [producer, consumer] = [connect(), connect()];
  const name = `bare-${process.pid}`;
  const queue = new Queue(name, { connection: producer });
  const opts = {
    removeOnComplete: true,
    removeOnFail: true,
    attempts: 20,
    backoff: { type: 'exponential', delay: 500, jitter: 1 },
  };
  let left = 0;
  let finished = (): void => undefined;
  const worker = new Worker(name, (job) => post(job.data.index), {
    connection: consumer,
    concurrency: stage.concurrency,
    autorun: false,
  });
  worker.on('completed', () => {
    left -= 1;
    if (left === 0) finished();
  });
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  let running = false;
  return {
    backlog: async (from, to) => {
      if (running) await worker.pause();
      for (let start = from; start < to; start += 1000) {
        const count = Math.min(1000, to - start);
        await queue.addBulk(
          Array.from({ length: count }, (_, offset) => ({
            name: 'send',
            data: { index: start + offset },
            opts,
          })),
        );
      }
      left = to - from;
      return async () => {
        const done = new Promise<void>((resolve) => {
          finished = resolve;
        });
        if (running) worker.resume();
        else void worker.run();
        running = true;
        await done;
      };
    },
    single: async (index) => {
      await queue.add('send', { index }, opts);
    },
    close: async () => {
      await worker.close();
      await queue.obliterate({ force: true });
      await queue.close();
      for (const connection of [producer, consumer]) connection.disconnect();
    },
  };
};
