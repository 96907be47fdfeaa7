import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/mappers/interface.ts';
import { interfaceNamed } from '../../src/mappers/registry.ts';
import type { RunningSandbox } from '../sandbox/running-sandbox.ts';
import { drive, LOSSES, runStrictly } from './drive.ts';

type KnownByFields = {
  readonly entity: string;
  readonly name: string;
  readonly state: 'relations' | 'discounts';
  readonly record: JsonObject;
  readonly changed: JsonObject;
  readonly moved: JsonObject;
  /** What the platform shows of the changed and the moved record. */
  readonly shows: readonly [JsonObject, JsonObject];
  readonly needed: readonly string[];
};

const relation = { enterpriseId: 'E1001', targetEnterpriseId: 'E2', relationId: '3' };
const discount = { enterpriseId: 'E1001', relationId: '3', goodsId: '*', discount: '98.50' };

const knownByFields: readonly KnownByFields[] = [
  {
    entity: 'customer_relation',
    name: 'customer-relation',
    state: 'relations',
    record: relation,
    changed: { ...relation, relationId: '1' },
    moved: { ...relation, targetEnterpriseId: 'E3' },
    shows: [{ relation_ID: '1' }, { target_enterprise_ID: 'E3' }],
    needed: [],
  },
  {
    entity: 'customer_relation',
    name: 'customer-relation',
    state: 'relations',
    record: { ...relation, customerKey: 'K1' },
    changed: { ...relation, customerKey: 'K1', relationId: '*' },
    moved: { ...relation, customerKey: 'K1', targetEnterpriseId: 'E3' },
    shows: [
      { relation_ID: '*', customerId: 'C7' },
      { target_enterprise_ID: 'E3', customerId: 'C7' },
    ],
    needed: ['C7'],
  },
  {
    entity: 'customer_discount',
    name: 'customer-discount',
    state: 'discounts',
    record: discount,
    changed: { ...discount, discount: 90 },
    moved: { ...discount, goodsId: 'G1' },
    shows: [{ discount: 9000 }, { goods_ID: 'G1', discount: 9850 }],
    needed: [],
  },
];

describe.each(knownByFields)('$name ($record)', (kind) => {
  const { entity, name, state, record, changed, moved, shows, needed } = kind;
  const start = { entity, needed };
  const at = (standing: JsonObject) => ({ platformId: undefined, present: true, record: standing });
  const rows = ({ sandbox }: RunningSandbox) => Object.values(sandbox.state()[state]);
  const lose = ({ sandbox }: RunningSandbox, op: number, loss: (typeof LOSSES)[number] | undefined) => {
    if (loss === undefined) return;
    sandbox.setFaults([{ interface: name, kind: loss, times: 1, where: { field: 'op_type', equals: op } }]);
  };

  it.each([undefined, ...LOSSES])('is added once, modified, moved and deleted (%s)', (loss) =>
    runStrictly(async (running) => {
      lose(running, 1, loss);
      expect(['accepted', 'settled']).toContain((await drive(running, { ...start, record })).kind);
      expect(rows(running)).toHaveLength(1);
      lose(running, 3, loss);
      const modified = await drive(running, { ...start, record: changed, bound: at(record) });
      expect(['accepted', 'settled']).toContain(modified.kind);
      expect(rows(running)).toEqual([expect.objectContaining(shows[0])]);
      lose(running, 2, loss);
      const ended = await drive(running, { ...start, record: moved, bound: at(changed) });
      expect(ended.kind).toBe('accepted');
      expect(rows(running)).toEqual([expect.objectContaining(shows[1])]);
      lose(running, 2, loss);
      const gone = await drive(running, { ...start, record: moved, op: 'delete', bound: at(moved) });
      expect(gone).toMatchObject({ kind: 'accepted', present: false });
      expect(rows(running)).toHaveLength(0);
    }),
  );

  it('is not added where the platform holds it already', () =>
    runStrictly(async (running) => {
      await drive(running, { ...start, record });
      const again = await drive(running, { ...start, record });
      expect(again.stages).not.toContain('add');
      await drive(running, { ...start, record: changed });
      expect(rows(running)).toEqual([expect.objectContaining(shows[0])]);
    }));

  it('is added again where somebody removed it at the platform', () =>
    runStrictly(async (running) => {
      const ended = await drive(running, { ...start, record, bound: at(record) });
      expect(ended).toMatchObject({ kind: 'accepted', stages: ['modify', 'find', 'add'] });
    }));

  it.each([true, false])(
    'leaves nothing behind when it moves while its addition is in doubt (arrived: %s)',
    (arrived) =>
      runStrictly(async (running) => {
        if (arrived) await drive(running, { ...start, record });
        const { push } = interfaceNamed(name) ?? {};
        const parsed = push?.parse(record);
        const progress = { at: parsed?.ok ? parsed.record : undefined, found: 'none' };
        await drive(running, { ...start, record: moved, progress, doubt: true });
        expect(rows(running)).toEqual([expect.objectContaining(shows[1])]);
      }),
  );

  it('is taken off again when it is deleted while its addition is in doubt', () =>
    runStrictly(async (running) => {
      const first = await drive(running, { ...start, record });
      const { progress } = first.context;
      const ended = await drive(running, { ...start, record, op: 'delete', progress, doubt: true });
      expect(ended).toMatchObject({ present: false, stages: ['find', 'delete'] });
      const again = await drive(running, { ...start, record, op: 'delete', progress, doubt: true });
      expect(again).toMatchObject({ present: false, stages: ['find'] });
    }));
});
