import { z } from 'zod';
import { accepted, type Call, defineInterface, type Reply, refused } from '../define-interface.ts';
import { credentialFields, identifier, looseIdentifier, pageFields } from '../field-shapes.ts';
import { joinKey } from '../key-index.ts';
import { answerPage, passes } from '../paging.ts';
import { relationName } from '../relation-names.ts';
import type { RelationState } from '../sandbox-state.ts';
import { companyName, nextId, violate } from '../world.ts';

const pair = {
  id: looseIdentifier.optional(),
  enterprise_ID: identifier,
  target_enterprise_ID: identifier,
};

const write = z.strictObject({
  ...credentialFields,
  op_type: z.union([z.literal(1), z.literal(3)]),
  param: z.strictObject({ ...pair, relation_ID: identifier }),
});
const remove = z.strictObject({
  ...credentialFields,
  op_type: z.literal(2),
  param: z.strictObject({ ...pair, relation_ID: looseIdentifier.optional() }),
});
const query = z.strictObject({
  ...credentialFields,
  ...pageFields,
  op_type: z.literal(4),
  param: z.strictObject({
    id: looseIdentifier.optional(),
    enterprise_ID: looseIdentifier.optional(),
    target_enterprise_ID: looseIdentifier.optional(),
    relation_ID: looseIdentifier.optional(),
  }),
});
const shape = z.discriminatedUnion('op_type', [write, remove, query]);

type Write = Call<z.infer<typeof write>>;
type Remove = Call<z.infer<typeof remove>>;
type Query = Call<z.infer<typeof query>>;

/**
 * 接口 5, 客户关系. `id` is the customer's (CRM客户唯一标识) and no reply carries one of the relation, so a relation is
 * known by its two enterprises; the sandbox's own id (R1…) is seen in the state only.
 */
export const customerRelation = defineInterface({
  number: 5,
  name: 'customer-relation',
  system: 'crm',
  path: '/crm/customer-relation',
  secIn: 'every reply',
  shape,
  act: (call) => {
    const { request } = call;
    if (request.op_type === 4) return queryRelations({ ...call, request });
    if (request.op_type === 2) return removeRelation({ ...call, request });
    if (request.op_type === 1) return addRelation({ ...call, request });
    return modifyRelation({ ...call, request });
  },
});

function findRelation({ world, request, account }: Write | Remove): RelationState | undefined {
  const { enterprise_ID, target_enterprise_ID } = request.param;
  const key = joinKey(account, enterprise_ID, target_enterprise_ID);
  return world.relationsByPair.find(key, world.state.relations)[0];
}

function addRelation(call: Write): Reply {
  const { world, request, account } = call;
  const twin = findRelation(call);
  const id = nextId(world, 'R');
  const enterprise_ID = String(request.param.enterprise_ID);
  const target_enterprise_ID = String(request.param.target_enterprise_ID);
  if (twin !== undefined) violate(world, `relation ${enterprise_ID} to ${target_enterprise_ID} added twice`);
  world.state.relations[id] = {
    id,
    account,
    customerId: String(request.param.id ?? ''),
    enterprise_ID,
    target_enterprise_ID,
    relation_ID: String(request.param.relation_ID),
    sends: 1,
    effects: 1,
  };
  world.relationsByPair.add(joinKey(account, enterprise_ID, target_enterprise_ID), id);
  call.effect(id, request.param);
  return accepted('操作成功!');
}

function modifyRelation(call: Write): Reply {
  const found = findRelation(call);
  if (found === undefined) return refused('操作失败!客户关系不存在');
  found.relation_ID = String(call.request.param.relation_ID);
  found.customerId = String(call.request.param.id ?? found.customerId);
  found.sends += 1;
  found.effects += 1;
  call.effect(found.id, call.request.param);
  return accepted('操作成功!');
}

function removeRelation(call: Remove): Reply {
  const found = findRelation(call);
  if (found === undefined) return refused('操作失败!客户关系不存在');
  delete call.world.state.relations[found.id];
  const key = joinKey(found.account, found.enterprise_ID, found.target_enterprise_ID);
  call.world.relationsByPair.remove(key, found.id);
  call.effect(found.id, call.request.param);
  return accepted('操作成功!');
}

function queryRelations({ world, request, account }: Query): Reply {
  const { id, enterprise_ID, target_enterprise_ID, relation_ID } = request.param;
  const paired = enterprise_ID && target_enterprise_ID;
  const candidates = paired
    ? world.relationsByPair.find(joinKey(account, enterprise_ID, target_enterprise_ID), world.state.relations)
    : Object.values(world.state.relations);
  const records = candidates
    .filter((known) => known.account === account && passes(id, known.customerId))
    .filter((known) => passes(enterprise_ID, known.enterprise_ID))
    .filter((known) => passes(target_enterprise_ID, known.target_enterprise_ID))
    .filter((known) => relation_ID === '*' || passes(relation_ID, known.relation_ID))
    .map((known) => ({
      enterprise_ID: known.enterprise_ID,
      target_enterprise_ID: known.target_enterprise_ID,
      target_enterprise_name: companyName(world, known.target_enterprise_ID),
      relation_ID: known.relation_ID,
      relation_name: relationName(known.relation_ID),
    }));
  const { pageNum, pageSize } = request;
  return answerPage({ records, pageNum, pageSize, pageSizeMax: world.settings.pageSizeMax });
}
