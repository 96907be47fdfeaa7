import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENTITIES } from '../../src/config/entities.ts';
import { INTERFACES } from '../../src/mappers/registry.ts';
import { createWorkplace, type Workplace } from './running-command.ts';

describe('completion', () => {
  let place: Workplace;
  let script: string;
  beforeAll(async () => {
    place = createWorkplace();
    script = (await place.run(['completion', 'bash'])).stdout;
  });
  afterAll(() => place.remove());

  /** What a real bash, without the package bash-completion, offers at the end of these words. */
  const offered = (...words: string[]): string[] => {
    const line = ['ctg-sync', ...words].map((word) => `'${word}'`).join(' ');
    const program = `${script}
complete -p ctg-sync >/dev/null || exit 9
COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _ctg_sync; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const output = execFileSync('bash', ['--noprofile', '--norc', '-c', program], { encoding: 'utf8' });
    return output.split('\n').filter((word) => word !== '');
  };

  it('offers commands, and the commands of a command', () => {
    expect(offered('')).toEqual(expect.arrayContaining(['start', 'doctor', 'status', 'show', 'completion']));
    expect(offered('sta')).toEqual(['start', 'status']);
    expect(offered('dead', '')).toEqual(['list', 'retry', 'drop']);
  });

  it('offers entities and interfaces', () => {
    expect(offered('show', '')).toEqual([...ENTITIES]);
    expect(offered('resync', 'goods_')).toEqual(['goods_list_rule']);
    expect(offered('call', '')).toEqual(INTERFACES.map(({ name }) => name));
    expect(offered('dead', 'list', '--entity', 'cust')).toEqual([
      'customer',
      'customer_relation',
      'customer_discount',
    ]);
    expect(offered('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  });

  it('offers options once a dash is typed', () => {
    expect(offered('resync', 'goods', '--d')).toEqual(['--dry-run']);
    expect(offered('dead', 'retry', '--')).toEqual(expect.arrayContaining(['--entity', '--all', '--json']));
  });

  it('offers files where a command takes one', () => {
    place.write('changes.jsonl', '');
    expect(offered('import', '/etc/hos')).toContain('/etc/hosts');
  });

  it('knows zsh and fish, and no other shell', async () => {
    expect((await place.run(['completion', 'zsh'])).stdout).toContain('bashcompinit');
    const fish = await place.run(['completion', 'fish']);
    expect(fish.stdout).toMatch(
      /complete -c ctg-sync -n '__fish_seen_subcommand_from dead; and not .*' -f -a retry/,
    );
    expect(await place.run(['completion', 'tcsh'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('bash, zsh, fish'),
    });
  });
});
