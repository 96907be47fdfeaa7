import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INTERFACES } from '../../src/mappers/registry.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { createWorkplace, type Workplace } from '../cli/running-command.ts';
import * as requests from '../sandbox/document-requests.ts';

type Json = Record<string, unknown>;

/** One call per interface in the document's order, so that each finds what the ones before it left there. */
const CALLS: readonly { readonly name: string; readonly body: Json }[] = [
  { name: 'register', body: requests.registration({ password: 'new-users-own' }) },
  { name: 'login', body: {} },
  { name: 'list-goods', body: requests.goods() },
  { name: 'customer', body: requests.customer(1, { id: '', ...requests.customerParam }) },
  { name: 'customer-relation', body: requests.customer(1, requests.relationParam) },
  { name: 'customer-discount', body: requests.customer(1, requests.discountParam) },
  { name: 'order-reminder', body: requests.reminder('O-1') },
  { name: 'place-order', body: requests.order(requests.line(1)) },
  { name: 'query-order', body: requests.orderQuery('O-1', 1) },
  { name: 'ship', body: requests.shipment('O-1') },
  { name: 'receive', body: requests.receipt('O-1') },
  { name: 'query-logistics', body: requests.logisticsQuery('O-1') },
  { name: 'query-return', body: withText(requests.returnQuery('O-2')) },
  { name: 'confirm-return', body: withText(requests.returnConfirmation('O-2')) },
  { name: 'goods-list', body: requests.listRule(1) },
];

/** The statuses of a return as the agent writes them. */
function withText(body: Json): Json {
  const param = Object.entries(body.param as Json).map(([key, value]) => [
    key,
    key.endsWith('_status') ? String(value) : value,
  ]);
  return { ...body, param: Object.fromEntries(param) };
}

/** The body as it is given: `call` adds the credentials, and only a registration has its own. */
function givenBody({ name, body }: (typeof CALLS)[number]): Json {
  const { username, password, sec: _, ...rest } = body;
  return name === 'register' ? { username, password, ...rest } : rest;
}

describe('ctg-sync call', () => {
  let sandbox: Sandbox;
  let place: Workplace;
  beforeAll(async () => {
    sandbox = await startSandbox();
    sandbox.setOrderStatus('O-1', 1);
    sandbox.setOrderStatus('O-2', 60);
    place = createWorkplace({
      CTG_BASE_URL: sandbox.url,
      CTG_USERNAME: requests.credentials.username,
      CTG_PASSWORD: requests.credentials.password,
      CTG_SEC: requests.credentials.sec,
    });
  });
  afterAll(async () => {
    place.remove();
    await sandbox.close();
  });

  const call = async (tried: (typeof CALLS)[number]) => {
    const ended = await place.run(['call', tried.name, '--data', JSON.stringify(givenBody(tried)), '--json']);
    return { ...ended, answer: JSON.parse(ended.stdout || 'null') };
  };

  it('is tried with every interface', () => {
    expect(CALLS.map(({ name }) => name)).toEqual(INTERFACES.map(({ name }) => name));
  });

  it.each(CALLS)(
    '$name: is answered with status 0, and a refusal in the words of the platform',
    async (tried) => {
      const { code, stdout, stderr, answer } = await call(tried);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).not.toContain(requests.credentials.sec);
      expect(answer).toMatchObject({ interface: tried.name, outcome: 'accepted', reply: { status: 0 } });
      sandbox.setFaults([{ interface: tried.name, kind: 'reject', msg: '操作失败!资料有误', times: 1 }]);
      const refused = await call(tried);
      expect(refused.code).toBe(1);
      expect(refused.answer).toMatchObject({ outcome: 'rejected', message: '操作失败!资料有误' });
      expect(sandbox.state().violations).toEqual([]);
    },
  );
});
