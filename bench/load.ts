/** What is sent: a goods record, or an order of one line. */
export type Load = 'goods' | 'orders';

/** The record of number `index`, as an ERP commits it. */
export function recordOf(load: Load, index: number): { entity: string; key: string; payload: unknown } {
  return load === 'goods' ? goods(index) : order(index);
}

/** The request that a loop without a ledger sends for it: the same bytes, near enough, with the credentials. */
export function bodyOf(load: Load, index: number): Record<string, unknown> {
  const account = { username: '13800000000', password: 'bench', sec: 'bench-sec' };
  if (load === 'goods') {
    const info = { goods_name: '机油滤清器', goods_ID: `G-${index}`, goods_brand: 'MANN' };
    return { ...account, oeid: '06A115561B', stock: index % 97, price: 38.5, quality: '原厂', info };
  }
  const line = {
    companyID: '88',
    goods_id: `G-${index}`,
    seller_ID: 'S1',
    seller_company_name: '卖家S1',
    goods_name: '火花塞',
    goods_price: 12.1,
    goods_amount: 3,
    discount: 9850,
    goods_totalPrice: 35.76,
    timestamp: `WEBERP${String(index).padStart(16, '0')}`,
  };
  return { ...account, param: [line] };
}

/** The path of the interface that takes it. */
export function pathOf(load: Load): string {
  return load === 'goods' ? '/data/goods' : '/order/place';
}

function goods(index: number) {
  const payload = {
    goodsId: `G-${index}`,
    name: '机油滤清器',
    brand: 'MANN',
    oeNumber: '06A115561B',
    stock: index % 97,
    price: '38.50',
    quality: '原厂',
  };
  return { entity: 'goods', key: `G-${index}`, payload };
}

function order(index: number) {
  const line = {
    goodsId: `G-${index}`,
    sellerId: 'S1',
    sellerCompanyName: '卖家S1',
    goodsName: '火花塞',
    price: '12.10',
    amount: 3,
    discount: '98.50',
    totalPrice: '35.76',
  };
  // Without a reminder, so that each contender makes one request per order.
  return { entity: 'order', key: `SO-${index}`, payload: { companyId: '88', lines: [line], remind: false } };
}
