/** Whether a table was in use for longer than was waited. */
export function isLockTimeout(error: unknown): boolean {
  return ['55P03', 'ER_LOCK_WAIT_TIMEOUT'].includes(codeOf(error));
}

/** Says what the database's administrator can do, where that is known; other errors are given back as they are. */
export function explainRefusal(error: unknown): unknown {
  const fix = isLockTimeout(error) ? IN_USE : FIXES[codeOf(error)];
  if (fix === undefined) return error;
  return new Error(`${error instanceof Error ? error.message : String(error)}. ${fix}`, { cause: error });
}

const IN_USE =
  'A table stayed in use by a long transaction of the ERP. Nothing is half-done: try again when it is quiet.';

const TRIGGER_RIGHT =
  'The user of DATABASE_URL needs the right TRIGGER on the ERP’s tables; or let an administrator run the statements of "ctg-sync capture install --print".';

const FIXES: Readonly<Record<string, string>> = {
  '42501': TRIGGER_RIGHT,
  ER_TABLEACCESS_DENIED_ERROR: TRIGGER_RIGHT,
  ER_DBACCESS_DENIED_ERROR: TRIGGER_RIGHT,
  ER_BINLOG_CREATE_ROUTINE_NEED_SUPER:
    'With its binary log on, MySQL lets only administrators make triggers: set log_bin_trust_function_creators = 1, or let one run the statements of "ctg-sync capture install --print".',
};

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
