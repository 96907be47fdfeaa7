import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/mappers/interface.ts';
import { INTERFACES, interfaceNamed } from '../../src/mappers/registry.ts';
import { sandboxInterfaces } from '../../src/sandbox/sandbox.ts';
import { credentials } from '../sandbox/document-requests.ts';
import type { RunningSandbox } from '../sandbox/running-sandbox.ts';
import { drive, LOSSES, loseAnswer, runStrictly } from './drive.ts';

it('speaks the same interfaces on the same paths as the stand-in', () => {
  const shown = INTERFACES.map(({ number, name, system, path }) => ({ number, name, system, path }));
  expect(shown).toEqual(
    sandboxInterfaces.map(({ number, name, system, path }) => ({ number, name, system, path })),
  );
  expect(shown.map(({ number }) => number)).toEqual(Array.from({ length: 15 }, (_, index) => index + 1));
});

describe('register', () => {
  const record = { username: '13900000000', password: 'p', realName: '张三' };

  it('registers, and refuses a name that is taken', () =>
    runStrictly(async (running) => {
      expect(await drive(running, { entity: 'registration', record })).toMatchObject({ kind: 'accepted' });
      const again = await drive(running, { entity: 'registration', record });
      expect(again).toMatchObject({ kind: 'rejected', stages: ['register'] });
    }));

  it.each(LOSSES)('registers once when the answer is lost (%s)', (kind) =>
    runStrictly(async (running) => {
      loseAnswer(running, 'register', kind);
      expect(await drive(running, { entity: 'registration', record })).toMatchObject({ kind: 'accepted' });
      expect(running.sandbox.state().accounts['13900000000']?.registrations).toBe(1);
    }),
  );

  it("is refused after doubt where the name is somebody else's", () =>
    runStrictly(async (running) => {
      await drive(running, { entity: 'registration', record: { ...record, password: 'other' } });
      const ended = await drive(running, { entity: 'registration', record, doubt: true });
      expect(ended).toMatchObject({ kind: 'rejected', stages: ['verify', 'register', 'verify'] });
    }));
});

describe('login', () => {
  it('is understood', () =>
    runStrictly(async ({ send }) => {
      expect(interfaceNamed('login')?.reply.safeParse(await send('login', credentials)).success).toBe(true);
    }));
});

describe('list-goods', () => {
  const record = { goodsId: 'G1', name: '刹车片', oeNumber: 'OE1', stock: 5, price: 0.1 + 0.2 };

  it.each([undefined, ...LOSSES])('lists goods, and lists deleted ones with stock 0 (%s)', (loss) =>
    runStrictly(async (running) => {
      if (loss) loseAnswer(running, 'list-goods', loss);
      expect(await drive(running, { entity: 'goods', record })).toMatchObject({
        kind: 'accepted',
        present: true,
      });
      const goods = running.sandbox.state().goods['13800000000/G1'];
      expect(goods?.lastBody).toMatchObject({ stock: 5, price: 0.3 });
      const ended = await drive(running, { entity: 'goods', record, op: 'delete' });
      expect(ended).toMatchObject({ kind: 'accepted', present: false });
      expect(goods?.lastBody).toMatchObject({ stock: 0 });
    }),
  );
});

describe('customer', () => {
  const record = { name: '甲公司', phone: '021', address: '上海', trade: '汽配' };
  const bound = { platformId: 'C404', present: true, record };
  const stateOf = ({ sandbox }: RunningSandbox) => Object.values(sandbox.state().customers);

  it.each([undefined, ...LOSSES])('is added once, modified and deleted (%s)', (loss) =>
    runStrictly(async (running) => {
      if (loss === undefined)
        await drive(running, { entity: 'customer', record: { ...record, name: '乙公司' } });
      const losing = { interface: 'customer', where: { field: 'op_type', equals: 1 } };
      if (loss) running.sandbox.setFaults([{ ...losing, kind: loss, times: 1 }]);
      const added = await drive(running, { entity: 'customer', record });
      expect(added).toMatchObject({ kind: 'settled' });
      const platformId = added.kind === 'settled' ? added.platformId : undefined;
      const at = { platformId, present: true, record };
      const changed = { ...record, name: '甲集团', address: '' };
      if (loss)
        running.sandbox.setFaults([
          { ...losing, where: { field: 'op_type', equals: 3 }, kind: loss, times: 1 },
        ]);
      expect(await drive(running, { entity: 'customer', record: changed, bound: at })).toMatchObject({
        platformId,
      });
      expect(running.sandbox.state().customers[platformId ?? '']).toMatchObject(changed);
      if (loss)
        running.sandbox.setFaults([
          { ...losing, where: { field: 'op_type', equals: 2 }, kind: loss, times: 1 },
        ]);
      const ended = await drive(running, { entity: 'customer', record: changed, op: 'delete', bound: at });
      expect(ended).toMatchObject({ kind: 'accepted', present: false });
      expect(running.sandbox.state().customers[platformId ?? '']).toBeUndefined();
    }),
  );

  it('is bound, not added, where the platform holds it already', () =>
    runStrictly(async (running) => {
      await drive(running, { entity: 'customer', record });
      expect(await drive(running, { entity: 'customer', record })).toMatchObject({
        kind: 'settled',
        stages: ['find'],
      });
      const other = await drive(running, { entity: 'customer', record: { ...record, address: '北京' } });
      expect(other).toMatchObject({ kind: 'accepted', stages: ['find', 'modify'] });
      expect(stateOf(running)).toHaveLength(1);
    }));

  it('is found behind many others', () =>
    runStrictly(async (running) => {
      const { send } = running;
      for (let index = 0; index < 120; index++) {
        await send('customer', { ...credentials, op_type: 1, param: { name: '甲公司', phone: `1${index}` } });
      }
      const ended = await drive(running, { entity: 'customer', record: { ...record, phone: '' } });
      expect(ended.stages.slice(0, 4)).toEqual(['find', 'find', 'find', 'add']);
    }));

  it('is added again where somebody deleted it at the platform', () =>
    runStrictly(async (running) => {
      const ended = await drive(running, { entity: 'customer', record, bound });
      expect(ended).toMatchObject({ kind: 'settled', stages: ['modify', 'verify', 'find', 'add', 'find'] });
    }));

  it('is left alone where its addition never arrived and it was deleted meanwhile', () =>
    runStrictly(async (running) => {
      const sought = { sought: record, same: {}, chosen: '' };
      const start = { entity: 'customer', record, progress: sought, op: 'delete', doubt: true } as const;
      expect(await drive(running, start)).toMatchObject({ kind: 'nothing', stages: ['find'] });
      await drive(running, { entity: 'customer', record });
      expect(await drive(running, start)).toMatchObject({ present: false, stages: ['find', 'delete'] });
      expect(stateOf(running)).toHaveLength(0);
    }));

  it('is renamed, not added twice, where its name changed while the addition was in doubt', () =>
    runStrictly(async (running) => {
      await drive(running, { entity: 'customer', record });
      const progress = { sought: record, same: {}, chosen: '' };
      const renamed = { ...record, name: '甲集团' };
      const ended = await drive(running, { entity: 'customer', record: renamed, progress, doubt: true });
      expect(ended).toMatchObject({ kind: 'accepted', stages: ['find', 'modify'] });
      expect(stateOf(running)).toEqual([expect.objectContaining(renamed)]);
    }));
});

describe('goods-list', () => {
  const record = { enterpriseId: 'E1001', relationId: '3', goodsId: 'G1', list: 'black' };

  it.each([undefined, ...LOSSES])('sets, changes, moves and removes a rule (%s)', (loss) =>
    runStrictly(async (running) => {
      const rules = () => running.sandbox.state().listRules;
      const lose = () => loss && loseAnswer(running, 'goods-list', loss);
      lose();
      expect(await drive(running, { entity: 'goods_list_rule', record })).toMatchObject({ present: true });
      const white = { ...record, list: 'white' };
      const at = (standing: JsonObject) => ({ platformId: undefined, present: true, record: standing });
      lose();
      await drive(running, { entity: 'goods_list_rule', record: white, bound: at(record) });
      expect(Object.values(rules())).toMatchObject([{ list_type: 'white' }]);
      lose();
      const moved = { ...white, goodsId: 'G2' };
      await drive(running, { entity: 'goods_list_rule', record: moved, bound: at(white) });
      expect(Object.values(rules())).toMatchObject([{ lastBody: { goods_ID: 'G2' } }]);
      lose();
      const ended = await drive(running, {
        entity: 'goods_list_rule',
        record: moved,
        op: 'delete',
        bound: at(moved),
      });
      expect(ended).toMatchObject({ kind: 'accepted', present: false });
      expect(Object.keys(rules())).toHaveLength(0);
    }),
  );
});
