/**
 * 订单状态. The document names 2 (接单成功), 50 (发货初始状态), 55 (收货) and 99 (退货确认). 1 (placed) and
 * 60 (return requested) are the sandbox's own choice: the document has no number for either.
 */
export const orderStatus = {
  placed: 1,
  accepted: 2,
  shipped: 50,
  received: 55,
  returnRequested: 60,
  returnConfirmed: 99,
} as const;

const steps: readonly number[] = Object.values(orderStatus);

/** The status that follows, or undefined at the end. */
export function nextStatus(status: number): number | undefined {
  return steps.find((step) => step > status);
}

const logisticsMessages: ReadonlyMap<number, string> = new Map([
  [orderStatus.shipped, '已发货'],
  [orderStatus.received, '已收货'],
]);

/** 物流状态信息 of interface 12. */
export function logisticsMessage(status: number): string {
  return logisticsMessages.get(status) ?? '运输中';
}
