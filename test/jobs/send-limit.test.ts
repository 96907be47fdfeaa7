import { describe, expect, it } from 'vitest';
import { limitSends } from '../../src/jobs/send-limit.ts';
import type { GatewayRequest, GatewayResult } from '../../src/platform/gateway.ts';
import { until } from '../support/until.ts';

type Sent = { readonly system: string; readonly end: (result: GatewayResult) => void };

const ACCEPTED: GatewayResult = { outcome: { kind: 'accepted', reply: { status: 0 } }, durationMs: 1 };
const LATE: GatewayResult = {
  outcome: { kind: 'in-doubt', code: 'ETIMEDOUT', message: 'too late' },
  durationMs: 1,
};

/** A gateway whose sends end when the test says so. */
function heldGateway(concurrency: number) {
  const underWay: Sent[] = [];
  const stopping = new AbortController();
  const givenBack: string[] = [];
  const send = limitSends(
    {
      send: (request) =>
        new Promise<GatewayResult>((resolve) => {
          const sent: Sent = {
            system: request.endpoint.system,
            end: (result) => {
              underWay.splice(underWay.indexOf(sent), 1);
              resolve(result);
            },
          };
          underWay.push(sent);
        }),
      giveBack: (system) => {
        givenBack.push(system);
      },
    },
    concurrency,
    stopping.signal,
  );
  const ask = (system: 'order' | 'data', count: number): Promise<GatewayResult>[] =>
    Array.from({ length: count }, () => send(requestTo(system)));
  const endAll = (result: GatewayResult): void => {
    for (const each of [...underWay]) each.end(result);
  };
  return { underWay, stopping, givenBack, ask, endAll };
}

function requestTo(system: 'order' | 'data'): GatewayRequest {
  const endpoint = { name: 'place-order', system, path: '/' };
  const permit = { kind: 'go', probe: false, generation: 0 } as const;
  return { endpoint, permit, account: {} as GatewayRequest['account'], body: {} };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

describe('sends at once', () => {
  it('are never more than the limit, and all come to their end', async () => {
    const { underWay, ask, endAll } = heldGateway(8);
    const results = [...ask('order', 20), ...ask('data', 20)];
    let most = 0;
    let ended = 0;
    void Promise.all(results).then(() => {
      ended = results.length;
    });
    await until('all have ended', async () => {
      await turn();
      most = Math.max(most, underWay.length);
      endAll(ACCEPTED);
      await turn();
      return ended === 40;
    });
    expect(most).toBe(8);
  });

  it('begin although only a few places become free', async () => {
    const { underWay, ask } = heldGateway(8);
    ask('order', 12);
    await turn();
    underWay[0]?.end(ACCEPTED);
    await until('the next one has begun', () => underWay.length === 8);
  });

  it('become fewer for a system that answers too late, once for all that were sent together, and more again', async () => {
    const { underWay, ask, endAll } = heldGateway(8);
    ask('order', 100);
    await turn();
    endAll(LATE);
    await turn();
    expect(underWay).toHaveLength(4);
    for (let round = 0; round < 4; round += 1) {
      endAll(LATE);
      await turn();
    }
    expect(underWay).toHaveLength(1);
    ask('data', 7);
    await until('the other system is not held up', () => underWay.length === 8);
    for (let round = 0; round < 6; round += 1) {
      endAll(ACCEPTED);
      await turn();
    }
    expect(underWay.filter(({ system }) => system === 'order')).toHaveLength(8);
  });

  it('are not sent any more when the agent stops, and give their leave back', async () => {
    const { underWay, stopping, givenBack, ask } = heldGateway(2);
    const results = ask('order', 3);
    await turn();
    stopping.abort();
    for (const each of [...underWay]) each.end(ACCEPTED);
    expect((await Promise.all(results)).map(({ outcome }) => outcome.kind)).toEqual([
      'accepted',
      'accepted',
      'not-sent',
    ]);
    expect(givenBack).toEqual(['order']);
  });
});
