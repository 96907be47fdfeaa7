import { misread, type Reading, understood } from './reading.ts';

/** Reads the address of a webhook. Its query may hold a robot's key, so no fault repeats any of it. */
export function readWebhookUrl(text: string): Reading<string> {
  const fix = 'copy it from the robot, as https://…';
  const url = URL.parse(text);
  if (!url) return misread('is not a URL', fix);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return misread('is neither https: nor http:', fix);
  return understood(url.href);
}
