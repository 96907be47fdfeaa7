import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSleep } from '../../src/jobs/sleep.ts';

describe('the sleep of a loop', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function isOver(pause: Promise<void>): Promise<boolean> {
    let over = false;
    void pause.then(() => {
      over = true;
    });
    await vi.advanceTimersByTimeAsync(0);
    return over;
  }

  it('pauses until it is woken, told to stop, or the time is over', async () => {
    for (const end of ['wake', 'stop', 'time'] as const) {
      const sleep = createSleep();
      sleep.begin();
      const pause = sleep.pause(1000);
      expect(await isOver(pause)).toBe(false);
      if (end === 'time') await vi.advanceTimersByTimeAsync(1000);
      else sleep[end]();
      expect(await isOver(pause), end).toBe(true);
    }
  });

  it('does not pause when something was said since the round began', async () => {
    const sleep = createSleep();
    sleep.begin();
    sleep.wake();
    expect(await isOver(sleep.pause(1000))).toBe(true);
    sleep.begin();
    expect(await isOver(sleep.pause(1000))).toBe(false);
  });

  it('rests whatever is said, and remembers it; only the end of the loop ends a rest', async () => {
    const sleep = createSleep();
    sleep.begin();
    const rest = sleep.rest(1000);
    sleep.wake();
    expect(await isOver(rest)).toBe(false);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await isOver(rest)).toBe(true);
    expect(await isOver(sleep.pause(1000))).toBe(true);
    const last = sleep.rest(1000);
    sleep.stop();
    expect(await isOver(last)).toBe(true);
    expect(await isOver(sleep.rest(1000))).toBe(true);
  });
});
