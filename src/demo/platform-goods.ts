import type { Sandbox } from '../sandbox/sandbox.ts';

function listingOf(sandbox: Sandbox, partId: string): Readonly<Record<string, unknown>> | undefined {
  return Object.values(sandbox.state().goods).find((goods) => goods.goods_ID === partId)?.lastBody;
}

/** The price at which the platform lists a part; undefined where it does not. */
export function listedPrice(sandbox: Sandbox, partId: string): number | undefined {
  const price = listingOf(sandbox, partId)?.price;
  return typeof price === 'number' ? price : undefined;
}

/** The stock with which the platform lists a part; undefined where it does not. */
export function listedStock(sandbox: Sandbox, partId: string): number | undefined {
  const stock = listingOf(sandbox, partId)?.stock;
  return typeof stock === 'number' ? stock : undefined;
}
