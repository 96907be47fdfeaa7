import { z } from 'zod';
import { accepted, type Call, defineInterface, type Reply, refused } from '../define-interface.ts';
import { credentialFields, decimal, discount, filledText, identifier, text } from '../field-shapes.ts';
import { createOrder, findOrder } from '../orders.ts';
import type { LineState, OrderState } from '../sandbox-state.ts';
import { companyName, violate, type World } from '../world.ts';

const lineShape = z.strictObject({
  companyID: identifier,
  goods_id: identifier,
  seller_ID: identifier,
  seller_company_name: text,
  goods_name: filledText,
  goods_price: decimal,
  goods_amount: decimal,
  discount: discount.optional(),
  goods_totalPrice: decimal,
  timestamp: filledText,
});
const shape = z.strictObject({ ...credentialFields, param: z.array(lineShape).min(1) });

type Line = z.infer<typeof lineShape>;
type PlaceCall = Call<z.infer<typeof shape>>;

const strictTimestamp = /^WEBERP\d{10,20}$/;

/** 接口 8, 下单: one order per request; a timestamp that is known never makes a second line. */
export const placeOrder = defineInterface({
  number: 8,
  name: 'place-order',
  system: 'order',
  path: '/order/place',
  secIn: 'every reply',
  shape,
  act: (call) => refuseTimestamps(call) ?? place(call),
});

function refuseTimestamps({ world, request }: PlaceCall): Reply | undefined {
  const seen = new Set<string>();
  for (const [index, { timestamp }] of request.param.entries()) {
    if (!strictTimestamp.test(timestamp)) {
      violate(world, `order timestamp ${timestamp} is not strictly formed`);
      return refused(`参数错误: 字段 param.${index}.timestamp 格式不正确`);
    }
    if (seen.has(timestamp)) {
      violate(world, `order line ${timestamp} twice in one request`);
      return refused('下单失败,时间戳重复');
    }
    seen.add(timestamp);
  }
  return undefined;
}

function place(call: PlaceCall): Reply {
  const { world } = call;
  const lines = call.request.param.slice(0, call.lineLimit);
  const known = knownLines(world, lines);
  const orderIds = new Set(known.map((line) => line.order_id));
  if (orderIds.size > 1) {
    violate(world, `one request has the lines of several orders: ${[...orderIds].join(', ')}`);
    return refused('下单失败,时间戳属于不同订单');
  }
  if (known.length > 0 && world.resendMode === 'refuse') return refused('下单失败,时间戳重复');
  const order = orderFor(call, known[0]);
  const fresh = lines.filter((line) => world.state.timestamps[line.timestamp] === undefined);
  if (fresh.length > 0) order.placements += 1;
  for (const line of fresh) addLine(call, order, line);
  return confirmation(world, order, lines);
}

/** The lines that are known already, each counted as sent again and compared with what was sent first. */
function knownLines(world: World, lines: readonly Line[]): LineState[] {
  return lines.flatMap((line) => {
    const known = world.state.timestamps[line.timestamp];
    if (known === undefined) return [];
    known.sends += 1;
    if (JSON.stringify(known.body) !== JSON.stringify(line)) {
      violate(world, `order line ${line.timestamp} sent again with a different body`);
    }
    return [known];
  });
}

function orderFor({ world, request, account }: PlaceCall, known: LineState | undefined): OrderState {
  const order = known === undefined ? undefined : findOrder(world, known.order_id);
  return order ?? createOrder(world, { account, companyID: String(request.param[0]?.companyID ?? '') });
}

function addLine(call: PlaceCall, order: OrderState, line: Line): void {
  const { timestamp } = line;
  order.timestamps.push(timestamp);
  call.world.state.timestamps[timestamp] = {
    timestamp,
    order_id: order.order_id,
    goods_id: String(line.goods_id),
    body: line,
    sends: 1,
    effects: 1,
  };
  call.effect(timestamp, line);
}

function confirmation(world: World, order: OrderState, lines: readonly Line[]): Reply {
  return accepted('操作成功!', {
    companyID: order.companyID,
    companyName: companyName(world, order.companyID),
    order_id: order.order_id,
    data: lines.map(({ goods_id, timestamp }) => ({ goods_id, timestamp })),
  });
}
