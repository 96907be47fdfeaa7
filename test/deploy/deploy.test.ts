import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { settingsByName } from '../../src/config/setting-definitions.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { type AdminSetup, startAdminSetup } from '../admin/running-admin.ts';
import { findBinary } from '../support/services/find-binary.ts';
import { anyStore } from '../support/stores.ts';

const DEPLOY = new URL('../../deploy/', import.meta.url);
const YAML = globSync('**/*.yaml', { cwd: DEPLOY });
const KUBERNETES = YAML.filter((file) => file.startsWith('kubernetes/')).sort();
/** Of compose.yaml itself: they become parts of settings, or belong to other programs. */
const COMPOSE_OWN = ['DATABASE_PASSWORD', 'REDIS_PASSWORD', 'GRAFANA_PASSWORD'];

// biome-ignore lint/suspicious/noExplicitAny: a test looks into documents by name, and fails where a name is not there.
type Document = any;

function read(file: string): string {
  return readFileSync(new URL(file, DEPLOY), 'utf8');
}

function load(file: string): Document {
  return parse(read(file), { merge: true });
}

const compose = load('compose.yaml');
const agents: Document[] = Object.entries<Document>(compose.services)
  .filter(([name]) => name.startsWith('agent'))
  .map(([, service]) => service);
const deployment = load('kubernetes/deployment.yaml');
const job = load('kubernetes/migrate.yaml');
const pods: Document[] = [deployment, job].map(({ spec }) => spec.template.spec);
const containers: Document[] = pods.flatMap((pod) => pod.containers);
const unit = read('systemd/ctg-sync.service');

function isSetting(name: string): boolean {
  const settings = settingsByName();
  return settings.has(name) || settings.get(name.replace(/_FILE$/, ''))?.secret === true;
}

function variablesOf(file: string): string[] {
  return [...read(file).matchAll(/^#?([A-Z][A-Z0-9_]*)=/gm)].map(([, name = '']) => name);
}

it.each(YAML)('%s is YAML without a fault', (file) => {
  const documents = parseAllDocuments(read(file), { merge: true });
  expect([...documents].flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
});

describe('the settings that are named', () => {
  it('exist in the agent', () => {
    const named = {
      'compose.yaml': agents.flatMap(({ environment }) => Object.keys(environment)),
      'compose.env.example': variablesOf('compose.env.example').filter((name) => !COMPOSE_OWN.includes(name)),
      configmap: Object.keys(load('kubernetes/configmap.yaml').data),
      secret: Object.keys(load('kubernetes/secret.yaml').stringData),
      deployment: containers.flatMap(({ env = [] }) => env.map(({ name }: { name: string }) => name)),
      unit: [...unit.matchAll(/^Environment=(\w+)=/gm)].map(([, name = '']) => name),
    };
    for (const [where, names] of Object.entries(named)) {
      expect(names.length, where).toBeGreaterThan(0);
      expect(
        names.filter((name) => name !== 'NODE_ENV' && !isSetting(name)),
        where,
      ).toEqual([]);
    }
  });

  it('are ones that start with the examples of Kubernetes', () => {
    const given = { ...load('kubernetes/configmap.yaml').data, ...load('kubernetes/secret.yaml').stringData };
    expect(loadSettings(given)).toMatchObject({ autoMigrate: false, httpHost: '0.0.0.0', httpPort: 3000 });
  });

  it('keep secrets out of the ConfigMap', () => {
    const names = Object.keys(load('kubernetes/configmap.yaml').data);
    expect(names.filter((name) => settingsByName().get(name)?.secret)).toEqual([]);
  });

  it('are all that compose.yaml asks for', () => {
    const asked = [...read('compose.yaml').matchAll(/\$\{(\w+)[:}]/g)].map(([, name = '']) => name);
    expect(asked.filter((name) => !variablesOf('compose.env.example').includes(name))).toEqual([]);
  });
});

describe('what is run', () => {
  it('is not root, cannot change its own files, and may do nothing special', () => {
    expect(agents).toHaveLength(2);
    for (const agent of agents) {
      expect(agent).toMatchObject({ read_only: true, cap_drop: ['ALL'], tmpfs: ['/tmp'] });
      expect(agent.security_opt).toContain('no-new-privileges:true');
      expect(agent.volumes.some((volume: string) => volume.endsWith(':/data'))).toBe(true);
    }
    for (const pod of pods)
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(containers).toHaveLength(2);
    for (const { securityContext, volumeMounts } of containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      const writable = volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
      expect(writable.sort()).toEqual(['/data', '/tmp']);
    }
    for (const line of ['NoNewPrivileges=true', 'ProtectSystem=strict', 'CapabilityBoundingSet='])
      expect(unit.split('\n')).toContain(line);
    expect(unit).toMatch(/^User=(?!root$)./m);
  });

  it('is given longer to stop than a send may take', () => {
    const longestSend = loadSettings({}).timeoutMs / 1000;
    const given = [
      ...agents.map(({ stop_grace_period }) => Number.parseInt(stop_grace_period, 10)),
      deployment.spec.template.spec.terminationGracePeriodSeconds,
      Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]),
    ];
    for (const seconds of given) expect(seconds).toBeGreaterThan(longestSend * 2);
  });

  it('has Redis as the queues need it: nothing evicted, everything on disk', () => {
    const command = compose.services.redis.command.join(' ');
    expect(command).toContain('--maxmemory-policy noeviction');
    expect(command).toContain('--appendonly yes');
  });

  it('names an image of one version, never the latest', () => {
    const images = [...Object.values<Document>(compose.services), ...containers].map(({ image }) => image);
    const others = images.filter((image) => image !== 'ctg-sync');
    expect(
      others.filter((image) => !/:v?\d+\.\d+(\.\d+)?(-alpine)?$|postgres:\d+-alpine$/.test(image)),
    ).toEqual([]);
    const { version } = JSON.parse(read('../package.json'));
    for (const { image } of containers) expect(image).toBe(`registry.example/ctg-sync:${version}`);
  });
});

const systemdAnalyze = findBinary('systemd-analyze');

describe('the unit', () => {
  it.skipIf(systemdAnalyze === undefined)('is sound to systemd itself', () => {
    const directory = mkdtempSync(join(tmpdir(), 'ctg-unit-'));
    const file = join(directory, 'ctg-sync.service');
    // Where it is tested, the program is not installed.
    writeFileSync(file, unit.replace('/usr/bin/ctg-sync start', `${process.execPath} start`));
    const { stdout, stderr } = spawnSync(systemdAnalyze ?? '', ['verify', '--man=no', file], {
      encoding: 'utf8',
    });
    rmSync(directory, { recursive: true });
    const own = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('ctg-sync.service'));
    expect(own).toEqual([]);
  });
});

describe('the parts', () => {
  it('of compose.yaml find their files, volumes and each other', () => {
    const mounts = Object.values<Document>(compose.services).flatMap(({ volumes = [] }) => volumes);
    for (const mount of mounts.map((each: string) => each.split(':')[0] ?? '')) {
      if (mount.startsWith('./')) expect(existsSync(new URL(mount, DEPLOY)), mount).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(mount);
    }
    const [scraped] = load('prometheus/prometheus.yaml').scrape_configs;
    const hosts = scraped.static_configs[0].targets.map((target: string) => target.split(':')[0]);
    expect(hosts).toEqual(Object.keys(compose.services).filter((name) => name.startsWith('agent')));
  });

  it('of Kubernetes are all in the list, and mean the same pods', () => {
    const { resources } = load('kubernetes/kustomization.yaml');
    const files = KUBERNETES.map((file) => file.replace('kubernetes/', ''));
    const apart = ['kustomization.yaml', 'autoscaler.yaml'];
    expect([...resources, ...apart].sort()).toEqual(files);
    const { labels } = deployment.spec.template.metadata;
    expect(deployment.spec.selector.matchLabels).toEqual(labels);
    expect(load('kubernetes/service.yaml').spec.selector).toEqual(labels);
    expect(load('kubernetes/disruption-budget.yaml').spec.selector.matchLabels).toEqual(labels);
    expect(job.spec.template.metadata.labels).not.toEqual(labels);
    expect(load('kubernetes/autoscaler.yaml').spec.scaleTargetRef.name).toBe(deployment.metadata.name);
  });
});

describe('what orchestrators ask', () => {
  let setup: AdminSetup;
  beforeAll(async () => {
    setup = await startAdminSetup(anyStore(), { env: { ADMIN_TOKEN: 'admin-token-0123456789' } });
  });
  afterAll(() => setup?.stop());

  it('is answered, without a token', async () => {
    const [agent] = deployment.spec.template.spec.containers;
    const probes = ['startupProbe', 'livenessProbe', 'readinessProbe'].map((name) => agent[name].httpGet);
    for (const { path, port } of probes) {
      expect(agent.ports[0].name).toBe(port);
      expect(await setup.get(path), path).toMatchObject({ status: 200 });
    }
    const [, healthcheck = ''] = /HEALTHCHECK[\s\S]*?(\/\w+)'\)/.exec(read('../Dockerfile')) ?? [];
    expect(await setup.get(healthcheck)).toMatchObject({ status: 200 });
  });

  it('has the lag by which the autoscaler counts', async () => {
    const [{ external }] = load('kubernetes/autoscaler.yaml').spec.metrics;
    const headers = { authorization: 'Bearer admin-token-0123456789' };
    const { body } = await setup.request('/metrics', { headers });
    expect(body).toContain(`\n${external.metric.name} `);
  });
});
