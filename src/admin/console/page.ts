import type { AdminContext } from '../context.ts';
import type { Html } from './html.ts';
import type { Language } from './language.ts';
import type { ReportSource } from './reports.ts';
import type { TextName, Texts } from './texts.ts';
import type { Wording } from './words.ts';

/** What the pages show: the parts of the agent, and reports that others make. */
export type Console = {
  readonly context: AdminContext;
  readonly version: string;
  /** Reports of `POST /v1/reconcile`. */
  readonly reconcile: ReportSource;
  /** Reports of backfills. */
  readonly backfills: ReportSource;
};

/** For whom a page is made. */
export type View = {
  readonly language: Language;
  readonly t: Texts;
  readonly word: Wording;
  /** Whether buttons are shown. */
  readonly mayAct: boolean;
};

/** A page, before the frame that all have. */
export type Page = {
  readonly title: string;
  /** Its entry in the navigation. */
  readonly section: TextName;
  readonly body: Html;
  /** `often`: read again every few seconds; `acts`: after something was done on it. */
  readonly refresh: 'often' | 'acts';
};
