import type { Alert } from '../../ledger/alert-store.ts';
import { wordsOf } from './words.ts';

/** Where people find out more, and who speaks. */
export type NoticeOptions = {
  readonly agent: string;
  /** The address of the console, as people reach it. */
  readonly publicUrl?: string | undefined;
  /** Bytes (UTF-8) that the text may have; alerts that do not fit are counted at its end. */
  readonly maxBytes: number;
};

/** The text of one notice: all alerts that came, go on or ended, Chinese first. */
export function noticeText(alerts: readonly Alert[], options: NoticeOptions): string {
  const head = headline(alerts, options.agent);
  const tail = options.publicUrl === undefined ? [] : [`控制台 / console: ${options.publicUrl}`];
  const blocks = alerts.map(blockOf);
  for (let shown = blocks.length; shown > 0; shown--) {
    const left = blocks.length - shown;
    const more = left === 0 ? [] : [`… 另有 ${left} 项 / ${left} more`];
    const text = [head, ...blocks.slice(0, shown), ...more, ...tail].join('\n');
    if (Buffer.byteLength(text) <= options.maxBytes) return text;
  }
  return head;
}

function headline(alerts: readonly Alert[], agent: string): string {
  const over = alerts.filter(({ state }) => state === 'resolved').length;
  const on = alerts.length - over;
  const zh = [on > 0 ? `告警 ${on} 项` : '', over > 0 ? `恢复 ${over} 项` : ''].filter(Boolean).join('，');
  const en = [on > 0 ? `${on} firing` : '', over > 0 ? `${over} resolved` : ''].filter(Boolean).join(', ');
  return `【ctg-sync】${zh} / ${en}（${agent}）`;
}

function blockOf(alert: Alert): string {
  const { title, wrong, todo } = wordsOf(alert);
  const since = localTime(alert.since);
  if (alert.state === 'resolved') {
    const until = localTime(alert.clearSince ?? alert.since);
    return [
      `[恢复] ${title.zh}（${since} 至 ${until}）`,
      `[resolved] ${title.en} (${since} to ${until})`,
    ].join('\n');
  }
  const again = alert.notifiedState === 'firing';
  return [
    `[告警${again ? '，仍在持续' : ''}] ${title.zh}：${wrong.zh}。自 ${since}。处理：${todo.zh}`,
    `[firing${again ? ', still' : ''}] ${title.en}: ${wrong.en}; since ${since}. Do: ${todo.en}`,
  ].join('\n');
}

/** `2026-03-01 02:03:04 +08:00`: the time of the place where the agent runs (`TZ`), and which that is. */
function localTime(date: Date): string {
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * 60_000).toISOString();
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const zone = `${offset < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${zone}`;
}
