import { z } from 'zod';
import type { Bilingual } from './bilingual.ts';
import { agentSettings } from './definitions/agent.ts';
import { monitoringSettings } from './definitions/monitoring.ts';
import { platformSettings } from './definitions/platform.ts';
import { sendingSettings } from './definitions/sending.ts';
import { notesOf, type SettingNotes } from './definitions/setting.ts';
import { storageSettings } from './definitions/storage.ts';

/** Every setting by its variable: the one place from which parsing, `.env.example` and the docs are made. */
export const settingsSchema = z.object({
  ...platformSettings,
  ...storageSettings,
  ...sendingSettings,
  ...agentSettings,
  ...monitoringSettings,
});

/** The settings by their variables' names, parsed. */
export type SettingValues = z.output<typeof settingsSchema>;

/** One setting, as documents show it. */
export type SettingDefinition = SettingNotes & {
  readonly name: string;
  /** The schema's default, as it would be written in the environment. */
  readonly defaultText?: string;
};

/** Settings that belong together, in the order of the documents. */
export type SettingGroup = { readonly title: Bilingual; readonly settings: readonly SettingDefinition[] };

/** All settings, group by group. */
export function settingGroups(): readonly SettingGroup[] {
  return [
    group({ en: 'Platform', zh: '平台' }, platformSettings),
    group({ en: 'Data', zh: '数据' }, storageSettings),
    group({ en: 'Sending and polling', zh: '发送与轮询' }, sendingSettings),
    group({ en: 'Agent and admin server', zh: '代理与管理服务' }, agentSettings),
    group({ en: 'Alerts and traces', zh: '告警与链路追踪' }, monitoringSettings),
  ];
}

/** All settings by name. */
export function settingsByName(): ReadonlyMap<string, SettingDefinition> {
  return new Map(
    settingGroups()
      .flatMap(({ settings }) => settings)
      .map((definition) => [definition.name, definition]),
  );
}

function group(title: Bilingual, shape: Record<string, z.ZodType>): SettingGroup {
  return { title, settings: Object.entries(shape).map(([name, schema]) => define(name, schema)) };
}

function define(name: string, schema: z.ZodType): SettingDefinition {
  const { data } = schema.safeParse(undefined);
  return { name, ...notesOf(schema), ...(data === undefined ? {} : { defaultText: String(data) }) };
}
