import { expect, test } from 'vitest';
import type { Conversion } from '../../src/config/source-map.ts';
import { convertField } from '../../src/erp/conversions.ts';

const percent: Conversion = { percentToZhe: true };
const fraction: Conversion = { fractionToZhe: true };

test.each<[Conversion[], unknown, unknown]>([
  [['trim'], '  机油 滤清器 ', '机油 滤清器'],
  [['trim'], null, null],
  [['upper'], 'ab-12c', 'AB-12C'],
  [
    ['unescape-html'],
    'O&#39;Reilly &amp; S&ouml;hne &lt;b&gt; &#x1F600;&nbsp;&quot;',
    'O\'Reilly & S&ouml;hne <b> 😀 "',
  ],
  [['unescape-html'], '&amp;amp;', '&amp;'],
  [['unescape-html'], '&constructor; &#0; &#xD800; &#99999999;', '&constructor; &#0; &#xD800; &#99999999;'],
  [['unescape-html', 'trim'], '&nbsp;刹车片&nbsp;', '刹车片'],
  [['number'], ' 1.50 ', '1.5'],
  [['number'], '1e3', '1000'],
  [['number'], '.5', '0.5'],
  [['number'], 'cheap', 'cheap'],
  [[percent], '98.50', '98.5'],
  [[percent], 98.5, '98.5'],
  [[fraction], 0.985, '98.5'],
  [[fraction], '0.07', '7'],
  [[fraction], '', ''],
  [[{ map: { 1: '原厂', 2: '副厂' } }], 1, '原厂'],
  [[{ map: { 1: '原厂' } }], '3', '3'],
  [[{ map: { undefined: null, '': null } }, { default: 7 }], '', 7],
  [[{ map: { undefined: null } }], 'undefined', null],
  [[{ map: { a: 'b' } }], 'constructor', 'constructor'],
  [[{ map: { true: '1', false: '0' } }], false, '0'],
  [[{ default: '通用' }], null, '通用'],
  [[{ default: '通用' }], '', '通用'],
  [[{ default: '通用' }], 0, 0],
  [[{ round: 2 }], 4.6728971962617, '4.67'],
  [[{ round: 2 }], '2.005', '2.01'],
  [[{ round: 0 }], '-0.5', '-1'],
  [[{ round: 6 }], 1e-7, '0'],
  [[{ round: 2 }], 'n/a', 'n/a'],
])('%j makes of %j %j', (conversions, value, converted) => {
  expect(convertField(value, conversions)).toEqual(converted);
});
