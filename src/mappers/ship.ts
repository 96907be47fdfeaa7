import { z } from 'zod';
import { optionalText } from './fields.ts';
import { type Consequences, type DeliveryContext, defineInterface, type Step } from './interface.ts';
import {
  namesOrder,
  neededOrder,
  ORDER_MISSING,
  orderIdOf,
  orderReferenceFields,
  orderUnknown,
} from './order-reference.ts';
import { plainReply } from './replies.ts';
import {
  logisticsQuery,
  shipmentFields,
  shipmentReferenceFields,
  shipmentStatus,
} from './shipment-reference.ts';
import { absentByWords, judgeOnce, nextOnce } from './verified-once.ts';

const courier = z.strictObject({ id: optionalText(64), name: optionalText(64), tel: optionalText(64) });
const party = z.strictObject({ ...courier.shape, name: optionalText(191), address: optionalText(255) });

const shipment = z
  .strictObject({
    ...orderReferenceFields,
    ...shipmentReferenceFields,
    courier: courier.prefault({}),
    sender: party.prefault({}),
    receiver: party.prefault({}),
  })
  .refine(namesOrder, ORDER_MISSING);

type Shipment = z.infer<typeof shipment>;

/** 发货状态: 50, 发货初始状态. */
const SHIPPED = 50;

/** 接口 10, 发货: tells the platform that an order has left. Its logistics are polled from then on (接口 12). */
export const ship = defineInterface<Shipment>({
  number: 10,
  name: 'ship',
  title: '发货',
  system: 'logistics',
  path: '/logistics/ship',
  kind: 'once',
  inDoubt: {
    en: 'Verified by a logistics query (接口 12): the same 物流单号 from status 50 on means that it stands; where the query finds none, it is sent again.',
    zh: '以物流查看（接口 12）核实：同一物流单号且状态为 50 及以上即已发货；查不到则重发。',
  },
  request: z.strictObject({
    param: z.strictObject({
      order_id: z.string(),
      logistics_ID: z.string(),
      logistics_name: z.string(),
      logistics_order: z.string(),
      logistics_user_ID: z.string(),
      logistics_user_name: z.string(),
      logistics_user_tel: z.string(),
      sender_ID: z.string(),
      sender_name: z.string(),
      sender_tel: z.string(),
      sender_address: z.string(),
      receiver_ID: z.string(),
      receiver_name: z.string(),
      receiver_tel: z.string(),
      receiver_address: z.string(),
      status: z.number(),
    }),
  }),
  reply: plainReply,
  push: {
    entity: 'shipment',
    record: shipment,
    changeable: false,
    deletable: 'A shipment cannot be withdrawn on the platform: its document has no such interface.',
    needs: neededOrder,
    next: nextShipment,
    judge: (context, send, answer) =>
      judgeOnce(
        context,
        { send, answer },
        {
          // A status in words, which the document does not exclude, still says that the shipment is there.
          stands: (reply) => {
            const found = shipmentStatus(reply, context.record.logisticsOrder);
            return found !== undefined && !(Number(found.status) < SHIPPED);
          },
          refusedQuery: absentByWords,
        },
      ),
    follow: followShipment,
  },
});

function nextShipment(context: DeliveryContext<Shipment>): Step {
  const { record, options } = context;
  const orderId = orderIdOf(context);
  if (orderId === undefined) return orderUnknown(record);
  const param = { ...shipmentFields({ ...record, orderId }), ...peopleOf(record), status: SHIPPED };
  return nextOnce(context, {
    change: { kind: 'send', via: 'ship', stage: 'ship', body: { param } },
    verify: { kind: 'send', via: 'query-logistics', body: logisticsQuery(options, { ...record, orderId }) },
  });
}

function peopleOf({ courier, sender, receiver }: Shipment) {
  return {
    logistics_user_ID: courier.id,
    logistics_user_name: courier.name,
    logistics_user_tel: courier.tel,
    sender_ID: sender.id,
    sender_name: sender.name,
    sender_tel: sender.tel,
    sender_address: sender.address,
    receiver_ID: receiver.id,
    receiver_name: receiver.name,
    receiver_tel: receiver.tel,
    receiver_address: receiver.address,
  };
}

function followShipment(context: DeliveryContext<Shipment>): Consequences {
  const orderId = orderIdOf(context);
  if (orderId === undefined) return { changes: [], watches: [] };
  const { logisticsId, logisticsName, logisticsOrder } = context.record;
  const reference = { orderId, logisticsId, logisticsName, logisticsOrder };
  return { changes: [], watches: [{ poll: 'query-logistics', platformId: orderId, reference }] };
}
