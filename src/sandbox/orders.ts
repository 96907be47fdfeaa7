import { nextStatus, orderStatus } from './order-status.ts';
import type { OrderState } from './sandbox-state.ts';
import { nextId, violate, type World } from './world.ts';

/** Makes an order that has no lines yet. */
export function createOrder(
  world: World,
  order: { readonly orderId?: string; readonly account: string; readonly companyID: string },
): OrderState {
  const created: OrderState = {
    order_id: order.orderId ?? nextId(world, 'O'),
    account: order.account,
    companyID: order.companyID,
    status: orderStatus.placed,
    movedBy: 'interface',
    history: [orderStatus.placed],
    timestamps: [],
    placements: 0,
    accepts: 0,
    ships: 0,
    receives: 0,
    returnConfirms: Object.create(null),
  };
  world.state.orders[created.order_id] = created;
  world.onOrder(created.order_id);
  return created;
}

/** The order that a request names. */
export function findOrder(world: World, orderId: string | number): OrderState | undefined {
  return world.state.orders[String(orderId)];
}

/** Moves an order; a step backwards is carried out but noted as a contradiction. */
export function moveOrder(
  world: World,
  order: OrderState,
  move: { readonly status: number; readonly by: OrderState['movedBy'] },
): void {
  if (move.status < order.status) noteBackwards(world, order, move.status);
  order.status = move.status;
  order.movedBy = move.by;
  order.history.push(move.status);
  followWithShipment(order);
}

/** Notes that a request wanted an order to go back, unless it only lost a race against the lifecycle. */
export function noteBackwardsRequest(world: World, order: OrderState, status: number): void {
  if (order.movedBy === 'interface' && status < order.status) noteBackwards(world, order, status);
}

function noteBackwards(world: World, order: OrderState, status: number): void {
  violate(world, `order ${order.order_id}: status moves backwards from ${order.status} to ${status}`);
}

/** Moves an order to the next status; false when it is at its end. */
export function stepOrder(world: World, order: OrderState, by: 'hand' | 'lifecycle'): boolean {
  const status = nextStatus(order.status);
  if (status === undefined) return false;
  moveOrder(world, order, { status, by });
  return true;
}

function followWithShipment(order: OrderState): void {
  if (order.status < orderStatus.shipped) return;
  order.shipment ??= inventShipment(order);
  order.shipment.status = Math.min(order.status, orderStatus.received);
}

function inventShipment(order: OrderState) {
  return {
    body: {},
    logistics_ID: 'L1',
    logistics_name: '车同轨物流',
    logistics_order: `W${order.order_id}`,
    invented: true,
    status: orderStatus.received,
  };
}
