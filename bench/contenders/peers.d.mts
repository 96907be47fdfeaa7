import type { OpenContender } from '../contender.ts';

export const openPgBoss: OpenContender;
export const openGraphile: OpenContender;
