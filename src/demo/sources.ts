import type { Sources } from '../config/source-map.ts';

/**
 * Where the demo's records lie in the ERP's tables: what an installation writes as YAML into `CTG_SOURCES_FILE`. The
 * columns are renamed to the fields of each record, and that is all.
 */
export const DEMO_SOURCES: Sources = new Map([
  [
    'goods',
    {
      entity: 'goods',
      table: 'erp_part',
      key: ['part_id'],
      keySeparator: '|',
      select: `SELECT part_id AS entity_key, part_id AS "goodsId", oe_number AS "oeNumber", name, brand, quality,
        stock, price FROM erp_part WHERE part_id IN (:keys)`,
    },
  ],
  [
    'customer',
    {
      entity: 'customer',
      table: 'erp_customer',
      key: ['customer_id'],
      keySeparator: '|',
      select: `SELECT customer_id AS entity_key, name, phone, address, trade
        FROM erp_customer WHERE customer_id IN (:keys)`,
    },
  ],
  [
    'order',
    {
      entity: 'order',
      table: 'erp_order',
      key: ['order_no'],
      keySeparator: '|',
      select: `SELECT order_no AS entity_key, company_id AS "companyId", message
        FROM erp_order WHERE order_no IN (:keys)`,
      lines: {
        select: `SELECT order_no AS entity_key, part_id AS "goodsId", part_name AS "goodsName",
          seller_id AS "sellerId", seller_name AS "sellerCompanyName", price, amount, discount, total AS "totalPrice"
          FROM erp_order_line WHERE order_no IN (:keys) ORDER BY order_no, line_no`,
      },
    },
  ],
]);
