import http from 'node:http';
import got from 'got';
import { Pool } from 'undici';
import type { Stage } from './contender.ts';
import { bodyOf, pathOf } from './load.ts';

/** Sends the record of a number, in the way that people write it; throws unless it was accepted. */
export type Post = (index: number) => Promise<void>;

/** The way to send with the stage's client. */
export function createPost(stage: Stage): Post {
  return stage.client === 'got' ? gotPost(stage) : undiciPost(stage);
}

function gotPost({ url, load, concurrency }: Stage): Post {
  const agent = { http: new http.Agent({ keepAlive: true, maxSockets: concurrency }) };
  const client = got.extend({ agent, retry: { limit: 0 }, timeout: { request: 15_000 } });
  const target = `${url}${pathOf(load)}`;
  return async (index) => {
    const { status } = await client.post(target, { json: bodyOf(load, index) }).json<{ status: number }>();
    if (status !== 0) throw new Error(`status ${status}`);
  };
}

function undiciPost({ url, load, concurrency }: Stage): Post {
  const pool = new Pool(url, { connections: concurrency });
  const headers = { 'content-type': 'application/json' };
  const path = pathOf(load);
  return async (index) => {
    const body = JSON.stringify(bodyOf(load, index));
    const reply = await pool.request({ path, method: 'POST', headers, body });
    const text = await reply.body.text();
    if (reply.statusCode !== 200 || JSON.parse(text).status !== 0)
      throw new Error(`HTTP ${reply.statusCode}`);
  };
}
