import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from '../erp/tables.ts';

/** `erp_part`: what is on the shelf. A part that nobody has priced yet has no price. */
export type PartRow = {
  part_id: string;
  oe_number: string;
  name: string;
  brand: string;
  quality: string;
  stock: number;
  price: string | null;
};

/** `erp_customer`: the workshops that buy here. */
export type CustomerRow = {
  customer_id: string;
  name: string;
  phone: string;
  address: string;
  trade: string;
};

/** `erp_order`: what is bought from others on the platform. */
export type OrderRow = { order_no: string; company_id: string; message: string };

/** `erp_order_line`. */
export type OrderLineRow = {
  order_no: string;
  line_no: number;
  part_id: string;
  part_name: string;
  seller_id: string;
  seller_name: string;
  price: string;
  amount: number;
  discount: string;
  total: string;
};

/** The ERP's own tables, beside those of the agent. */
export type ErpTables = {
  erp_part: PartRow;
  erp_customer: CustomerRow;
  erp_order: OrderRow;
  erp_order_line: OrderLineRow;
};

/** The ERP's database as the ERP sees it. */
export type ErpDatabase = Kysely<Tables & ErpTables>;

/** One transaction of the ERP. */
export type ErpTransaction = Transaction<Tables & ErpTables>;

const STATEMENTS = [
  `CREATE TABLE erp_part (part_id VARCHAR(16) PRIMARY KEY, oe_number VARCHAR(32) NOT NULL, name VARCHAR(64) NOT NULL,
    brand VARCHAR(32) NOT NULL, quality VARCHAR(16) NOT NULL, stock INT NOT NULL, price NUMERIC(10, 2))`,
  `CREATE TABLE erp_customer (customer_id VARCHAR(16) PRIMARY KEY, name VARCHAR(64) NOT NULL,
    phone VARCHAR(32) NOT NULL, address VARCHAR(128) NOT NULL, trade VARCHAR(32) NOT NULL)`,
  `CREATE TABLE erp_order (order_no VARCHAR(16) PRIMARY KEY, company_id VARCHAR(16) NOT NULL,
    message VARCHAR(128) NOT NULL)`,
  `CREATE TABLE erp_order_line (order_no VARCHAR(16) REFERENCES erp_order, line_no INT, part_id VARCHAR(16) NOT NULL,
    part_name VARCHAR(64) NOT NULL, seller_id VARCHAR(16) NOT NULL, seller_name VARCHAR(64) NOT NULL,
    price NUMERIC(10, 2) NOT NULL, amount INT NOT NULL, discount NUMERIC(5, 2) NOT NULL,
    total NUMERIC(12, 2) NOT NULL, PRIMARY KEY (order_no, line_no))`,
];

/** Makes the ERP's tables. */
export async function createErpTables(erp: ErpDatabase): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(erp);
}
