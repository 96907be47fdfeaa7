import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JudgeOptions, judgeReply, type Outcome } from '../../src/platform/outcome.ts';
import { staticSigner } from '../../src/platform/signer.ts';
import type { WireReply, WireResult } from '../../src/platform/transport.ts';

const SECRET = 's3cret';
const OPTIONS: JudgeOptions = {
  patterns: {
    duplicate: [/已存在/, /重复/],
    busy: [/稍后再试/, /系统繁忙/g],
    login: [/用户/, /密码/],
  },
  verify: (reply) => staticSigner.verify(reply, SECRET),
};

function reply(body: string, rest: Partial<WireReply> = {}): WireReply {
  return { kind: 'reply', httpStatus: 200, durationMs: 1, body, ...rest };
}

function judge(body: unknown, rest: Partial<WireReply> = {}): Outcome {
  return judgeReply(reply(typeof body === 'string' ? body : JSON.stringify(body), rest), OPTIONS);
}

describe('a 2xx', () => {
  it.each([[0], ['0'], [' 0 '], ['0\n'], ['\u3000 0\t'], [-0], ['-0'], ['00'], [0.0]])(
    'with status %j is accepted, and the status becomes the number 0',
    (status) => {
      const outcome = judge({ status, msg: '操作成功!', order_id: 'A1', extra: [1] });
      expect(outcome).toEqual({
        kind: 'accepted',
        reply: { status: 0, msg: '操作成功!', order_id: 'A1', extra: [1] },
      });
    },
  );

  it.each([[200], [201], [202], [299]])('may have the HTTP status %i', (httpStatus) => {
    expect(judge({ status: 0 }, { httpStatus })).toMatchObject({ kind: 'accepted' });
  });

  it.each([
    [''],
    ['成功'],
    ['<html>'],
    ['{"status":0'],
    ['[]'],
    ['[{"status":0}]'],
    ['null'],
    ['0'],
    ['"0"'],
    ['true'],
    ['{}'],
    ['{"msg":"操作成功"}'],
    ['{"status":null}'],
    ['{"status":""}'],
    ['{"status":" "}'],
    ['{"status":"ok"}'],
    ['{"status":"0x0"}'],
    ['{"status":"0.0"}'],
    ['{"status":"1e3"}'],
    ['{"status":0.5}'],
    ['{"status":1e999}'],
    ['{"status":true}'],
    ['{"status":false}'],
    ['{"status":[0]}'],
    ['{"status":{}}'],
    ['{"Status":0}'],
    ['{"__proto__":{"status":0}}'],
    ['{"status":0}{"status":0}'],
  ])('of %s is in doubt', (body) => {
    expect(judge(body)).toMatchObject({ kind: 'in-doubt', code: 'UNREADABLE' });
  });

  it('with another status is rejected, with the words of the platform', () => {
    for (const status of [1, '1', ' 1 ', -1, 99]) {
      expect(judge({ status, msg: '下单失败', sec: SECRET })).toEqual({
        kind: 'rejected',
        message: '下单失败',
        reply: { status: Number(status), msg: '下单失败', sec: SECRET },
      });
    }
  });

  it('with a right sec, or none, is trusted; with a wrong one it is in doubt, whatever it says', () => {
    expect(judge({ status: 0, sec: SECRET })).toMatchObject({ kind: 'accepted' });
    for (const sec of ['other', '', SECRET.slice(0, 3), `${SECRET}x`, null, 1, {}, [SECRET]]) {
      for (const body of [
        { status: 0 },
        { status: 1, msg: '用户名已存在' },
        { status: '1', msg: '密码不正确' },
      ]) {
        expect(judge({ ...body, sec })).toMatchObject({ kind: 'in-doubt', code: 'WRONG_SEC' });
      }
    }
  });
});

describe('a refusal', () => {
  it.each([
    ['注册失败,用户名已存在', 'duplicate'],
    ['订单重复,请稍后再试', 'duplicate'],
    ['系统繁忙,请稍后再试', 'busy'],
    ['密码不正确,请重试', 'login-refused'],
    ['用户不存在或密码不正确', 'login-refused'],
    ['下单失败', 'rejected'],
    ['', 'rejected'],
  ])('that says %s is %s', (msg, kind) => {
    expect(judge({ status: 1, msg })).toMatchObject({ kind });
    expect(judge({ status: 1, msg }, { httpStatus: 400 })).toMatchObject({ kind });
  });

  it('is read the same way each time, also by a global pattern', () => {
    const kinds = Array.from({ length: 4 }, () => judge({ status: 1, msg: '系统繁忙' }).kind);
    expect(kinds).toEqual(['busy', 'busy', 'busy', 'busy']);
  });

  it('has a message even where the platform gives none', () => {
    for (const msg of [undefined, '', ' \n', 5, null, {}]) {
      expect(judge({ status: 7, msg })).toMatchObject({ message: 'The reply has status 7 and no msg' });
    }
  });

  it('has a message without control characters, half characters, or more than 500 of them', () => {
    expect(judge({ status: 1, msg: '下\u0000单\n\u001b[31m失\u2028败\u007f' })).toMatchObject({
      message: '下单[31m失败',
    });
    expect(judge('{"status":1,"msg":"a\\ud83d"}')).toMatchObject({ message: 'a\ufffd' });
    const long = judge({ status: 1, msg: `${'车'.repeat(499)}🚗🚗` });
    expect(long).toMatchObject({ message: `${'车'.repeat(499)}\ufffd` });
    expect(judge({ status: 1, msg: '\u0001'.repeat(1000) + 'x'.repeat(1_000_000) })).toMatchObject({
      message: 'x'.repeat(500),
    });
  });
});

describe('an HTTP status', () => {
  it('429, and 503 with Retry-After, are busy', () => {
    expect(judge('', { httpStatus: 429 })).toEqual({
      kind: 'busy',
      message: 'The reply has HTTP status 429',
    });
    expect(judge({ status: 1, msg: '太快了' }, { httpStatus: 429, retryAfterMs: 5 })).toEqual({
      kind: 'busy',
      message: '太快了',
      retryAfterMs: 5,
    });
    expect(judge('<html>', { httpStatus: 503, retryAfterMs: 0 })).toMatchObject({
      kind: 'busy',
      retryAfterMs: 0,
    });
  });

  it('5xx is in doubt, whatever the body says', () => {
    for (const httpStatus of [500, 502, 503, 504, 599]) {
      for (const body of ['<html>', '{"status":0}', '{"status":1,"msg":"用户名已存在"}']) {
        expect(judge(body, { httpStatus })).toMatchObject({ kind: 'in-doubt', code: `HTTP_${httpStatus}` });
      }
    }
  });

  it('3xx and 4xx are in doubt, unless the platform itself refuses in JSON', () => {
    for (const httpStatus of [301, 302, 304, 400, 401, 403, 404, 413]) {
      for (const body of [
        '<html>404 用户</html>',
        '',
        '{"status":0}',
        '{"error":"no"}',
        '{"status":"gone"}',
      ]) {
        expect(judge(body, { httpStatus })).toMatchObject({ kind: 'in-doubt', code: `HTTP_${httpStatus}` });
      }
      expect(judge({ status: 1, msg: '失败' }, { httpStatus })).toMatchObject({ kind: 'rejected' });
      expect(judge({ status: 1, sec: 'x' }, { httpStatus })).toMatchObject({ code: 'WRONG_SEC' });
    }
  });
});

describe('what is no reply', () => {
  it('passes as it is', () => {
    for (const kind of ['not-sent', 'in-doubt'] as const) {
      const result: WireResult = { kind, code: 'ECONNRESET', message: 'socket hang up', durationMs: 3 };
      expect(judgeReply(result, OPTIONS)).toEqual({ kind, code: 'ECONNRESET', message: 'socket hang up' });
    }
  });
});

describe('a hostile reply', () => {
  it('nested very deeply is judged all the same', () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    expect(judge(`{"status":0,"data":${deep}}`)).toMatchObject({ kind: 'accepted' });
    expect(judge(deep)).toMatchObject({ code: 'UNREADABLE' });
    // With a long number in it the stack may run out; that is a doubt and no crash.
    expect(judge(`{"status":0,"id":12345678901234567890,"data":${deep}}`).kind).toMatch(/accepted|in-doubt/);
  });

  it('cannot reach a prototype', () => {
    const outcome = judge(
      '{"status":0,"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    );
    expect(outcome.kind).toBe('accepted');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect((outcome as { reply: Record<string, unknown> }).reply.polluted).toBeUndefined();
  });

  it('of a megabyte is judged', () => {
    const msg = '用户'.repeat(250_000);
    expect(judge({ status: 0, msg })).toMatchObject({ kind: 'accepted' });
    expect(judge({ status: 1, msg })).toMatchObject({ kind: 'login-refused' });
  });

  it('with ids beyond 2^53 keeps every digit', () => {
    const outcome = judge(
      '{"status":0,"order_id":1765432109876543210,"price":0.1234567890123456789,"n":[-9007199254740993]}',
    );
    expect(outcome).toMatchObject({
      reply: {
        status: 0,
        order_id: '1765432109876543210',
        price: 0.12345678901234568,
        n: ['-9007199254740993'],
      },
    });
    expect(judge('{"status":1765432109876543210}')).toMatchObject({ kind: 'rejected' });
  });
});

describe('whatever comes', () => {
  const status = fc.oneof(fc.jsonValue(), fc.constantFrom('0', ' 0 ', 0, -0, 1, '1', null, ''));
  const object = fc.record(
    { status, msg: fc.jsonValue(), sec: fc.oneof(fc.constant(SECRET), fc.jsonValue()), data: fc.jsonValue() },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    object.map((value) => JSON.stringify(value)),
  );
  const httpStatus = fc.oneof(fc.integer({ min: 100, max: 599 }), fc.constantFrom(200, 400, 429, 503));
  const retryAfterMs = fc.option(fc.nat(), { nil: undefined });

  it('judging never throws', () => {
    fc.assert(
      fc.property(body, httpStatus, retryAfterMs, (text, code, wait) => {
        const rest = wait === undefined ? {} : { retryAfterMs: wait };
        const outcome = judge(text, { httpStatus: code, ...rest });
        expect(outcome.kind).toBeTypeOf('string');
        if ('message' in outcome) expect(outcome.message.length).toBeLessThanOrEqual(500);
      }),
    );
  });

  it('nothing is accepted but a 2xx object whose status is 0 and whose sec is right or missing', () => {
    fc.assert(
      fc.property(body, httpStatus, (text, code) => {
        if (judge(text, { httpStatus: code }).kind !== 'accepted') return;
        const parsed = JSON.parse(text) as Record<string, unknown>;
        expect(code).toSatisfy((value: number) => value >= 200 && value < 300);
        expect(Number(String(parsed.status).trim())).toBe(Number(String(parsed.status).trim()) * 0);
        expect(String(parsed.status)).toMatch(/^\s*[+-]?0+\s*$/);
        if (Object.hasOwn(parsed, 'sec')) expect(parsed.sec).toBe(SECRET);
      }),
    );
  });

  it('an order is never rejected by anything but JSON with a status other than 0', () => {
    fc.assert(
      fc.property(body, httpStatus, (text, code) => {
        const outcome = judge(text, { httpStatus: code });
        if (outcome.kind === 'rejected') expect(outcome.reply.status).not.toBe(0);
      }),
    );
  });
});
