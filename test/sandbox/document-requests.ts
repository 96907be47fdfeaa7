/** Valid requests, typed off the document by hand, key by key. */
export type Json = Record<string, unknown>;

export const credentials = { username: '13800000000', password: 'sandbox', sec: 'sandbox-sec' };

export function registration(changes: Json = {}): Json {
  return {
    username: '13900000000',
    password: 'p',
    email: 'a@example.com',
    realName: '张三',
    nickName: '三',
    sex: '男',
    edu: '本科',
    birth: '1990-01-01',
    sec: 'sandbox-sec',
    ...changes,
  };
}

export function goods(changes: Json = {}): Json {
  return {
    ...credentials,
    oeid: 'OE1',
    stock: 5,
    price: 12.5,
    quality: '原厂',
    info: { goods_name: '刹车片', goods_ID: 'G1', goods_brand: '博世' },
    ...changes,
  };
}

export function customer(op: number, param: Json, changes: Json = {}): Json {
  const pages = op === 4 ? { pageNum: 1, pageSize: 50 } : {};
  return { ...credentials, op_type: op, param, ...pages, ...changes };
}

export const customerParam = { name: '甲公司', phone: '021', address: '上海', trade: '汽配' };
export const relationParam = { id: 'C1', enterprise_ID: 'E1', target_enterprise_ID: 'E2', relation_ID: '3' };
export const discountParam = { enterprise_ID: 'E1', relation_ID: '3', goods_ID: 'G1', discount: 9850 };

export function timestamp(index: number): string {
  return `WEBERP${1_700_000_000_000_000 + index}`;
}

export function line(index: number, changes: Json = {}): Json {
  return {
    companyID: 'E1001',
    goods_id: `G${index}`,
    seller_ID: 'S1',
    seller_company_name: '卖方',
    goods_name: '刹车片',
    goods_price: 10.1,
    goods_amount: 2,
    discount: 9850,
    goods_totalPrice: 19.9,
    timestamp: timestamp(index),
    ...changes,
  };
}

export function order(...lines: Json[]): Json {
  return { ...credentials, param: lines };
}

export function reminder(orderId: string, changes: Json = {}): Json {
  return {
    ...credentials,
    param: {
      type: 1,
      sender: 'E1001',
      receiver: 'S1',
      message: '您有新订单',
      order_ID: orderId,
      op_type: 1,
      timestamp: timestamp(900),
      ...changes,
    },
  };
}

export function orderQuery(orderId: string, op: number): Json {
  return { ...credentials, param: { companyID: 'E1001', order_id: orderId, op_type: op } };
}

export function shipment(orderId: string, changes: Json = {}): Json {
  return {
    ...credentials,
    param: {
      order_id: orderId,
      logistics_ID: 'L9',
      logistics_name: '顺丰',
      logistics_order: 'SF1',
      logistics_user_ID: 'U1',
      logistics_user_name: '李四',
      logistics_user_tel: '138',
      sender_ID: 'S1',
      sender_name: '卖方',
      sender_tel: '1',
      sender_address: '上海',
      receiver_ID: 'E1001',
      receiver_name: '买方',
      receiver_tel: '2',
      receiver_address: '北京',
      status: 50,
      ...changes,
    },
  };
}

const shipmentName = { logistics_ID: 'L9', logistics_name: '顺丰', logistics_order: 'SF1' };

export function receipt(orderId: string, changes: Json = {}): Json {
  return { ...credentials, param: { order_id: orderId, ...shipmentName, status: 55, ...changes } };
}

export function logisticsQuery(orderId: string): Json {
  return { ...credentials, param: { order_id: orderId, ...shipmentName, op_type: 4 } };
}

export function returnQuery(orderId: string): Json {
  return {
    ...credentials,
    param: { companyID: 'S1', order_PID: 'P1', order_id: orderId, order_status: 55, logistics_order: 'SF1' },
  };
}

export function returnConfirmation(orderId: string, changes: Json = {}): Json {
  return {
    ...credentials,
    param: {
      op_type: 99,
      companyID: 'S1',
      order_PID: 'P1',
      goods_id: 'G1',
      order_id: orderId,
      order_status: 60,
      logistics_order: 'SF1',
      logistics_status: 55,
      ...changes,
    },
  };
}

export function listRule(op: number, changes: Json = {}): Json {
  return {
    ...credentials,
    op_type: op,
    param: { enterprise_ID: 'E1', relation_ID: '3', goods_ID: 'G1', list_type: 'black', ...changes },
  };
}
