import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { type AdminSetup, startAdminSetup } from '../admin/running-admin.ts';
import { goods, order } from '../support/running-agent.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { until } from '../support/until.ts';

type Span = {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
};

/** A collector of traces (OTLP over HTTP, JSON), on a real port. */
async function startCollector() {
  const spans: Span[] = [];
  const services = new Set<unknown>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      for (const { resource, scopeSpans } of JSON.parse(Buffer.concat(chunks).toString()).resourceSpans) {
        for (const { key, value } of resource.attributes)
          if (key === 'service.name') services.add(value.stringValue);
        for (const scope of scopeSpans) spans.push(...scope.spans);
      }
      response
        .writeHead(request.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/json' })
        .end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    services,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

describeOnEachDialect('traces', (store) => {
  let setup: AdminSetup;
  let stop: () => void = () => undefined;
  afterEach(async () => {
    await setup.stop();
    stop();
  });

  it('join a change from its intake over every send to its settlement, and what follows from it', async () => {
    const collector = await startCollector();
    stop = collector.stop;
    setup = await startAdminSetup(store, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
    setup.sandbox.setFaults([{ interface: 'place-order', kind: 'busy', times: 1 }]);
    const reply = await setup.post('/v1/changes', order('SO-1'), { traceparent: `00-${TRACE}-${CALLER}-01` });
    expect(reply.status).toBe(202);
    await setup.untilSettled();
    await setup.untilSettled();
    const spans = await until('the reminder is settled', () => {
      const mine = collector.spans.filter(({ traceId }) => traceId === TRACE);
      const names = mine.map(({ name }) => name);
      return names.includes('send order-reminder') && names.filter((name) => name === 'settle').length === 3
        ? mine
        : undefined;
    });
    const named = (name: string): Span[] => spans.filter((span) => span.name === name);
    const parentOf = (span: Span | undefined): Span | undefined =>
      spans.find(({ spanId }) => spanId === span?.parentSpanId);
    const [intake] = named('POST /v1/changes');
    expect(intake).toMatchObject({ parentSpanId: CALLER, kind: 2 });
    const sends = named('send place-order');
    expect(sends).toHaveLength(2);
    for (const send of sends) {
      expect(send.kind).toBe(3);
      expect(parentOf(send)?.name).toBe('deliver');
      expect(parentOf(parentOf(send))?.name).toBe('relay');
      expect(parentOf(parentOf(parentOf(send)))).toBe(intake);
    }
    for (const settle of named('settle')) expect(parentOf(settle)?.name).toBe('deliver');
    const outcomes = sends.flatMap(({ attributes }) =>
      attributes.filter(({ key }) => key === 'ctg.outcome').map(({ value }) => value.stringValue),
    );
    expect(outcomes.sort()).toEqual(['accepted', 'busy']);
    expect(parentOf(parentOf(named('send order-reminder')[0]))?.name).toBe('relay');
    expect([...collector.services]).toEqual(['ctg-sync']);
    expect(JSON.stringify(spans)).not.toContain('sandbox-sec');
  });

  it('begin with the relay where the ERP wrote the change, or the caller named no trace that is one', async () => {
    const collector = await startCollector();
    stop = collector.stop;
    setup = await startAdminSetup(store, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
    await setup.change(goods('G-1'));
    await setup.post('/v1/changes', goods('G-2'), { traceparent: 'no trace at all' });
    await setup.untilSettled();
    const sends = await until('both sends are there', () => {
      const found = collector.spans.filter(({ name }) => name === 'send list-goods');
      return found.length === 2 ? found : undefined;
    });
    expect(new Set(sends.map(({ traceId }) => traceId)).size).toBe(2);
  });

  it('cost nothing where they are off: nothing is kept with a change', async () => {
    setup = await startAdminSetup(store);
    await setup.post('/v1/changes', goods('G-1'), { traceparent: `00-${TRACE}-${CALLER}-01` });
    const delivery = await setup.untilState('goods', 'G-1', 'accepted');
    expect(delivery.trace).toBeNull();
  });

  it('that nobody collects hold up nothing', async () => {
    setup = await startAdminSetup(store, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' } });
    await setup.change(goods('G-1'));
    await setup.untilState('goods', 'G-1', 'accepted');
  });
});
