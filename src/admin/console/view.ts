import type { FastifyReply, FastifyRequest } from 'fastify';
import { mayAct } from '../actor.ts';
import { languageOf } from './language.ts';
import { layOut } from './layout.ts';
import type { Console, Page, View } from './page.ts';
import { textsOf } from './texts.ts';
import { wordingOf } from './words.ts';

/** The language and the rights of whoever asks. */
export function viewOf(request: FastifyRequest): View {
  const language = languageOf(request);
  return { language, t: textsOf(language), word: wordingOf(language), mayAct: mayAct(request) };
}

/** Answers with a page in its frame. */
export function sendPage(request: FastifyRequest, reply: FastifyReply, console: Console, page: Page) {
  const view = viewOf(request);
  const frame = { view, page, url: request.url, version: console.version, agent: console.context.id };
  return reply.type('text/html; charset=utf-8').send(layOut(frame).text);
}
