import { sql } from 'kysely';
import type { ErpDatabase, ErpTransaction, PartRow } from './erp-tables.ts';
import { seedCustomers } from './seed/customers.ts';
import { FIRST_ORDERS, type OrderWish } from './seed/orders.ts';
import { seedParts } from './seed/parts.ts';

/** Our own company on the platform. */
export const COMPANY_ID = 'E1001';

/**
 * Fills the ERP on its first morning: parts, customers and orders, and the outbox rows that tell of them, in one
 * transaction. The last part has no price yet. Gives that part's id.
 */
export async function fillErp(erp: ErpDatabase): Promise<string> {
  const parts = seedParts();
  const unpriced = parts.at(-1)?.part_id ?? '';
  const customers = seedCustomers();
  await erp.transaction().execute(async (transaction) => {
    await transaction.insertInto('erp_part').values(parts).execute();
    await transaction.updateTable('erp_part').set({ price: null }).where('part_id', '=', unpriced).execute();
    await transaction.insertInto('erp_customer').values(customers).execute();
    for (const order of FIRST_ORDERS) await insertOrder(transaction, order);
    await tell(
      transaction,
      'goods',
      parts.map((part) => part.part_id),
    );
    await tell(
      transaction,
      'customer',
      customers.map((customer) => customer.customer_id),
    );
    await tell(
      transaction,
      'order',
      FIRST_ORDERS.map((order) => order.orderNo),
    );
  });
  return unpriced;
}

/** Changes a part, and tells of it, in one transaction. */
export async function changePart(
  erp: ErpDatabase,
  partId: string,
  change: Partial<Pick<PartRow, 'stock' | 'price'>>,
): Promise<void> {
  await erp.transaction().execute(async (transaction) => {
    await transaction.updateTable('erp_part').set(change).where('part_id', '=', partId).execute();
    await tell(transaction, 'goods', [partId]);
  });
}

/** Writes an order, and tells of it, in one transaction. */
export async function writeOrder(erp: ErpDatabase, order: OrderWish): Promise<void> {
  await erp.transaction().execute(async (transaction) => {
    await insertOrder(transaction, order);
    await tell(transaction, 'order', [order.orderNo]);
  });
}

/** All that an ERP has to do: which record changed. The agent reads the record itself, through the source map. */
async function tell(transaction: ErpTransaction, entity: string, keys: readonly string[]): Promise<void> {
  await transaction
    .insertInto('ctg_outbox')
    .values(keys.map((key) => ({ entity, entity_key: key })))
    .execute();
}

async function insertOrder(transaction: ErpTransaction, order: OrderWish): Promise<void> {
  const { orderNo, message } = order;
  await transaction
    .insertInto('erp_order')
    .values({ order_no: orderNo, company_id: COMPANY_ID, message })
    .execute();
  for (const [index, line] of order.lines.entries()) {
    await sql`INSERT INTO erp_order_line
      SELECT ${orderNo}, ${index + 1}::int, part_id, name, ${line.seller.id}, ${line.seller.name}, price,
        ${line.amount}::int, ${line.discount}::numeric,
        round(price * ${line.amount}::int * ${line.discount}::numeric / 100, 2)
      FROM erp_part WHERE part_id = ${line.partId}`.execute(transaction);
  }
}
