/** The four systems of the platform (文档: 接口对象). Each has its own base URL, circuit and rate. */
export const SYSTEMS = ['crm', 'data', 'order', 'logistics'] as const;

/** One system of the platform: CRM, 数据平台, 订单系统, 物流系统. */
export type System = (typeof SYSTEMS)[number];
