import type { Dead } from './dead.ts';
import { inRed } from './output.ts';
import type { Status } from './status-reply.ts';

/** What a person has to see to, each with the command or the button for it. */
export function describeDuties(read: Status, dead: readonly Dead[]): string {
  const duties = [
    ...balanceDuty(read),
    ...deadDuty(dead),
    ...accountDuties(read),
    ...systemDuties(read),
    ...queueDuties(read),
    ...sourceDuties(read),
    ...erpDuties(read),
  ];
  return duties.length === 0
    ? '\nNothing needs a person.'
    : ['', inRed('To see to:'), ...duties.map(({ what, act }) => `  ${what}\n      → ${act}`)].join('\n');
}

type Duty = { readonly what: string; readonly act: string };

function balanceDuty({ balanced, difference }: Status): readonly Duty[] {
  if (balanced) return [];
  const act = 'keep database and log as they are, and report it';
  return [{ what: `${difference} changes are unaccounted for`, act }];
}

function deadDuty(dead: readonly Dead[]): readonly Duty[] {
  if (dead.length === 0) return [];
  const held = dead.filter(({ state }) => state === 'held').length;
  const what = `${dead.length} ${dead.length === 1 ? 'delivery needs' : 'deliveries need'} a person: ${held} held, ${dead.length - held} rejected`;
  return [{ what, act: 'ctg-sync dead list, then show ENTITY KEY; then dead retry, bind or dead drop' }];
}

function accountDuties({ accounts }: Status): readonly Duty[] {
  return Object.entries(accounts)
    .filter(([, { login }]) => login === 'refused')
    .map(([id, { message = '' }]) => ({
      what: `the platform refuses the log-in of account ${id}: ${message}`,
      act: 'correct its username, password or sec; then: ctg-sync poll logins',
    }));
}

function systemDuties({ systems }: Status): readonly Duty[] {
  return Object.entries(systems)
    .filter(([, { state }]) => state !== 'closed')
    .map(([name, { state }]) => ({
      what: `the system ${name} does not answer (circuit ${state})`,
      act: 'nothing: it is tried by itself. If it lasts: ctg-sync doctor',
    }));
}

/** Somebody pressed "pause" on Bull Board: that interface stands still until "resume". */
function queueDuties({ queues }: Status): readonly Duty[] {
  return Object.entries(queues)
    .filter(
      ([, queue]) =>
        typeof queue === 'object' && queue !== null && 'paused' in queue && queue.paused === true,
    )
    .map(([name]) => ({ what: `the queue ${name} is paused`, act: 'press Resume on /queues (Bull Board)' }));
}

function erpDuties({ missedChanges, failingWriteBacks }: Status): readonly Duty[] {
  const missed = {
    what: `${missedChanges} changes of the ERP were missed by triggers that could not write the outbox`,
    act: 'see ctg_capture_fault; remove the cause, resync ENTITY --all, empty that table',
  };
  const untold = {
    what: `${failingWriteBacks} statements of writeBack fail, so the ERP's own tables are behind`,
    act: 'see the column fault of ctg_write_back; they are tried again by themselves',
  };
  return [...(missedChanges > 0 ? [missed] : []), ...(failingWriteBacks > 0 ? [untold] : [])];
}

function sourceDuties({ unreadable }: Status): readonly Duty[] {
  return Object.entries(unreadable).map(([entity, reason]) => ({
    what: `${entity}: ${reason}`,
    act: 'correct its map in CTG_SOURCES_FILE (ctg-sync doctor tries it), and restart; nothing is lost meanwhile',
  }));
}
