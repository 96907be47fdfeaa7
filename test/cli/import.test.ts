import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AdminSetup, startAdminSetup } from '../admin/running-admin.ts';
import { startOneRequestProxy } from '../support/one-request-proxy.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { until } from '../support/until.ts';
import { createWorkplace, type Workplace } from './running-command.ts';

const GOODS = ['--entity', 'goods', '--key', 'goodsId'];
const HEADER = 'goodsId,name,oeNumber,stock,price';

/** A text in GB 18030, where `hex` stands between angle brackets for what Node cannot encode. */
function gbk(text: string): Buffer {
  const parts = text.split(/<([0-9a-f]+)>/);
  return Buffer.concat(parts.map((part, at) => Buffer.from(part, at % 2 === 0 ? 'latin1' : 'hex')));
}

describe('import, checking a file', () => {
  let place: Workplace;
  beforeEach(() => {
    place = createWorkplace();
  });
  afterEach(() => place.remove());

  const check = (content: string | Buffer, ...args: string[]) =>
    place.run(['import', place.write('goods.csv', content), '--dry-run', ...GOODS, ...args]);

  it.each([
    ['a mark, CRLF and a quoted line end', `\ufeff${HEADER}\r\nG-1,"A\r\nB",OE,1,2\r\n\r\nG-2,x,OE,1,2`],
    ['semicolons', `${HEADER}\nG-1,x,OE,1,2\nG-2,x,OE,1,2\n`.replaceAll(',', ';')],
    ['tabs', `${HEADER}\nG-1,x,OE,1,2\nG-2,x,OE,1,2\n`.replaceAll(',', '\t')],
    ['an inch sign', `${HEADER}\nG-1,5" hose,OE,1,2\nG-2,x,OE,1,2\n`],
    ['rows that only look empty', `${HEADER}\nG-1,x,OE,1,2\n,,,,\nG-2,x,OE,1,2\n\n`],
    ['one key twice', `${HEADER}\nG-1,x,OE,1,2\nG-1,x,OE,9,2\n`],
  ])('takes %s', async (_what, content) => {
    const { code, stdout, stderr } = await check(content);
    expect([stderr, stdout, code]).toEqual(['', '2 changes are sound. Nothing was stored.\n', 0]);
  });

  it.each([
    [
      'a thousands separator',
      `${HEADER}\nG-1,x,OE,1,2\nG-2,x,OE,1,"1,234.50"\n`,
      'line 3: price "1,234.50" has a thousands separator. Write 1234.50',
    ],
    ['a price that is none', `${HEADER}\nG-1,x,OE,1,free\n`, 'line 2: price must be a number'],
    ['a missing field', `${HEADER}\nG-1,,OE,1,2\n`, 'line 2: name'],
    [
      'an unknown column',
      `${HEADER},brnad\nG-1,x,OE,1,2,B\n`,
      'line 1: brnad is not a field (did you mean "brand"?). Say what it is with --map "brnad=brand"',
    ],
    ['a column given twice', `${HEADER},name\nG-1,x,OE,1,2,y\n`, 'line 1: name is given by two columns'],
    ['more fields than the header', `${HEADER}\nG-1,a,b,OE,1,2\n`, 'line 2: has 6 fields'],
    ['an op that is none', `${HEADER},op\nG-1,x,OE,1,2,remove\n`, 'line 2: op is neither'],
    [
      'a quote that is not closed',
      `${HEADER}\nG-1,x,OE,1,2\nG-2,"x,OE,1,2\nG-3,x,OE,1,2\n`,
      'line 3: a quoted field that begins here is not closed',
    ],
    ['no key', `${HEADER}\n,x,OE,1,2\n`, 'line 2: '],
  ])('names %s by its line', async (_what, content, words) => {
    const { code, stderr } = await check(content);
    expect(code).toBe(1);
    expect(stderr).toContain(words);
    expect(stderr).toContain('nothing was stored');
  });

  it('counts lines across quoted line ends and blank lines', async () => {
    const { stderr } = await check(`${HEADER}\r\nG-1,"A\r\nB\nC",OE,1,2\r\n\r\n\r\nG-2,x,OE,1,free\r\n`);
    expect(stderr).toContain('line 7: price');
  });

  it('never reads bytes as another character: names the line', async () => {
    const utf8 = Buffer.from(`${HEADER}\nG-1,机油,OE,1,2\nG-2,x,OE,1,2\n`);
    const asUtf8 = await check(Buffer.concat([utf8, Buffer.from([0xc4, 0xe3, 0x0a])]), '--encoding', 'utf-8');
    expect(asUtf8).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('line 4: holds bytes that are not UTF-8'),
    });
    expect(asUtf8.stderr).toContain('--encoding gbk');
    const asGbk = await check(
      gbk(`${HEADER}\nG-1,<bbfad3cd>,OE,1,2\nG-2,<ff>,OE,1,2\n`),
      '--encoding',
      'gbk',
    );
    expect(asGbk).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('line 3: holds bytes that are not GBK'),
    });
    const utf16 = await check(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(HEADER, 'utf16le')]));
    expect(utf16).toMatchObject({ code: 1, stderr: expect.stringContaining('UTF-16') });
  });

  it('takes a mapping of columns from the command and from a file', async () => {
    const content = '编码,名称,OE号,库存,价格,备注\nG-1,x,OE,1,2,note\n';
    const rest = ['OE号: oeNumber', '库存: stock', '价格: price'].join('\n');
    const file = place.write('mapping.yaml', rest);
    const map = ['--map', '编码=goodsId', '--map', '名称=name', '--map-file', file];
    expect((await check(content, ...map)).stderr).toContain('line 1: 备注 is not a field');
    expect((await check(content, ...map, '--ignore-unknown')).stdout).toContain('1 changes are sound');
    expect((await check(content, ...map, '--map', '备住=quality')).stderr).toContain('did you mean "备注"?');
    expect((await check(content, ...map, '--map', '备注=qualty')).stderr).toContain(
      'did you mean "quality"?',
    );
    expect(await check(content, '--map', 'nonsense')).toMatchObject({ code: 2 });
  });

  it('refuses an encoding and a delimiter that it does not know', async () => {
    expect(await check(HEADER, '--encoding', 'big5')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('gbk'),
    });
    expect(await check(HEADER, '--delimiter', 'x')).toMatchObject({ code: 2 });
    expect((await check(`${HEADER}\nG-1,x;y,OE,1,2\n`, '--delimiter', ',')).code).toBe(0);
  });
});

describeOnEachDialect('import, storing a file', (store) => {
  let setup: AdminSetup;
  let place: Workplace;
  beforeEach(async () => {
    setup = await startAdminSetup(store);
    place = createWorkplace({ CTG_SYNC_URL: setup.url });
  });
  afterEach(async () => {
    place.remove();
    await setup.stop();
  });

  it.each(['gbk', 'gb2312', 'gb18030'])(
    'reads %s, mapped, with quotes, commas, line ends and an emoji',
    async (encoding) => {
      // 编码,名称,OE号,库存,价格 and 机油"滤",清 / 器😀
      const header = '<b1e0c2eb>,<c3fbb3c6>,OE<bac5>,<bfe2b4e6>,<bcdbb8f1>\r\n';
      const content = gbk(`${header}G-1,"<bbfad3cd>""<c2cb>"",<c7e5>\r\n<c6f7><9439fc36>",OE-1,3,12.50\r\n`);
      const map = ['编码=goodsId', '名称=name', 'OE号=oeNumber', '库存=stock', '价格=price'].flatMap(
        (each) => ['--map', each],
      );
      const file = place.write('商品.csv', content);
      const ended = await place.run(['import', file, '--encoding', encoding, ...GOODS, ...map]);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      const [delivery] = [await setup.untilState('goods', 'G-1', 'accepted')];
      expect(JSON.parse(delivery.record ?? '')).toMatchObject({
        name: '机油"滤",清\r\n器😀',
        oeNumber: 'OE-1',
      });
    },
  );

  it('stores nothing of a file with a fault in its last line', async () => {
    const rows = Array.from({ length: 3_000 }, (_, at) => `G-${at},x,OE,1,2`);
    const file = place.write('goods.csv', [HEADER, ...rows, 'G-x,x,OE,1,free'].join('\n'));
    expect((await place.run(['import', file, ...GOODS])).code).toBe(1);
    expect(await capturedOrWaiting(setup)).toBe(0);
  });

  it('stores the rest, once, when it is run again after it broke off between two requests', async () => {
    const rows = Array.from({ length: 4_500 }, (_, at) => `G-${at},x,OE,1,2`);
    const file = place.write('goods.csv', [HEADER, ...rows].join('\n'));
    // One request of 2,000 changes gets through; the connection breaks at the next.
    const proxy = await startOneRequestProxy(setup.url);
    const broken = await place.run(['import', file, ...GOODS], { CTG_SYNC_URL: proxy.url });
    await proxy.close();
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain('run the same command again');
    expect(await storedOf(setup)).toBe(2_000);
    const again = await place.run(['import', file, ...GOODS, '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ changes: 4_500, stored: 4_500 });
    expect(await storedOf(setup)).toBe(4_500);
    await until('none is missing, and none too many', async () => (await capturedOrWaiting(setup)) === 4_500);
  });
});

/** Changes that came in by requests, by what the intake remembers. */
async function storedOf({ agent }: AdminSetup): Promise<number> {
  const rows = await agent.database.kysely.selectFrom('ctg_intake').select('answer').execute();
  return rows.reduce((sum, { answer }) => sum + JSON.parse(answer).stored, 0);
}

async function capturedOrWaiting({ agent }: AdminSetup): Promise<number> {
  return agent.database.transact(async (transaction) => {
    const tally = await transaction
      .selectFrom('ctg_tally')
      .select('value')
      .where('counter', '=', 'captured')
      .execute();
    const outbox = await transaction.selectFrom('ctg_outbox').select('id').execute();
    return outbox.length + tally.reduce((sum, { value }) => sum + Number(value), 0);
  });
}
