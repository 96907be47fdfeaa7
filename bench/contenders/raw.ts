import type { OpenContender } from '../contender.ts';
import { createPost } from '../post.ts';

/** The limit: a loop that only sends, with no queue and no record of anything. */
export const openRaw: OpenContender = async (stage) => {
  const post = createPost(stage);
  return {
    backlog: async (from, to) => async () => {
      let next = from;
      const loop = async (): Promise<void> => {
        while (next < to) await post(next++);
      };
      await Promise.all(Array.from({ length: stage.concurrency }, loop));
    },
    close: async () => undefined,
  };
};
