/** The signer's bundle: the same bytes wherever it is built, and a committee that signs with it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { type SignerTeam, createWallet, signerHouse, signerTeam } from '#testing/signers.ts';
import { clusterOver } from '#testing/trusted-cluster.ts';
import { bundleSigner } from './build.ts';
import { MANIFEST, type Manifest } from './manifest.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

let folder: string;
let bundle: string;
let manifest: Manifest;

beforeAll(async () => {
  folder = await mkdtemp(path.join(inject('testFolder'), 'bundle-'));
  bundle = path.join(folder, 'signer');
  manifest = await bundleSigner(ROOT, bundle);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The packages inside and all that they depend on: unused modules are read too, before they go. */
async function packagesRead(): Promise<readonly string[]> {
  const { packages } = JSON.parse(await readFile(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dependencies?: Record<string, string> }>;
  };
  const read = new Set(manifest.packages.map(({ name }) => `node_modules/${name}`));
  for (const folder of read) {
    for (const name of Object.keys(packages[folder]?.dependencies ?? {})) {
      read.add(`node_modules/${name}`);
    }
  }
  return [...read];
}

/** What a build reads: our files that git knows, and the packages. */
async function copyOfCheckout(): Promise<string> {
  const copy = path.join(folder, 'another place', 'checkout');
  const list = ['ls-files', '--cached', '--others', '--exclude-standard'];
  const kept = /^(?:package(?:-lock)?\.json|tsconfig\.json|(?:src|signer-cluster)\/.*\.ts)$/;
  const files = execFileSync('git', list, { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((file) => kept.test(file));
  for (const file of [...files, ...(await packagesRead())]) {
    await cp(path.join(ROOT, file), path.join(copy, file), { recursive: true });
  }
  return copy;
}

test('two builds in two folders are equal to the last byte, and make no code out of strings', async () => {
  const again = path.join(folder, 'again');
  const second = await bundleSigner(await copyOfCheckout(), again);
  expect(second).toEqual(manifest);
  for (const { file } of [manifest.bundle, manifest.start, manifest.health, ...manifest.native]) {
    const [one, other] = await Promise.all(
      [bundle, again].map((place) => readFile(path.join(place, file))),
    );
    expect(one?.equals(other as Buffer), file).toBe(true);
  }
  const code = await readFile(path.join(bundle, manifest.bundle.file), 'utf8');
  expect(code).not.toContain(ROOT);
  // Nodes run without the right to it; nothing inside has a use for it either.
  expect(code).not.toMatch(/\bnew Function\(|[^.\w]eval\(/);
  const written = await readFile(path.join(bundle, MANIFEST), 'utf8');
  expect(JSON.parse(written)).toEqual(manifest);
});

test('the manifest names every package inside, of which our code imports at most eight', () => {
  const names = manifest.packages.map(({ name }) => name);
  expect(names).toContain('@grpc/grpc-js');
  for (const absent of ['protobufjs', '@grpc/proto-loader', 'elliptic', 'ethers', 'pino', 'pg']) {
    expect(names).not.toContain(absent);
  }
  const direct = manifest.packages.filter((one) => one.direct).map(({ name }) => name);
  expect(direct).toContain('secp256k1');
  expect(direct.length).toBeLessThanOrEqual(8);
  for (const { integrity } of manifest.packages) expect(integrity).toMatch(/^sha512-/);
  const server = /^(?:src\/(?:persistence|workflow|gateway|resolvers|identity|testing)|launcher)\//;
  expect(manifest.sources.filter((file) => server.test(file))).toEqual([]);
});

/** The exit code of the health check. */
const healthOf = (config: string): number | null =>
  spawnSync(process.execPath, [path.join(bundle, manifest.health.file)], {
    env: { SIGNER_CONFIG: config },
  }).status;

let team: SignerTeam | undefined;
afterAll(() => team?.close());

test('three nodes that run from the bundle sign, also in worker threads', async () => {
  team = await signerTeam(3, 2, {}, { threads: 1, bundle });
  const cluster = clusterOver(team.links(), { info: () => undefined, warn: () => undefined });
  const { organization, wallet } = PAYMENT;
  const keyId = idOf('key');
  await createWallet(cluster, { keyId, organization, wallet });
  const { signatures } = await cluster.sign({ keyId, mandate: requestFor(paymentIntent({})) });
  expect(signatures).toHaveLength(1);
  expect(team.signer(1).logs()).toContain('"event":"threads run"');
  expect(healthOf(team.house.config(1))).toBe(0);
  await team.kill(1);
  expect(healthOf(team.house.config(1))).toBe(1);
});

test('a native file that the bundle was not made with stops the start', async () => {
  const altered = path.join(folder, 'altered');
  await cp(bundle, altered, { recursive: true });
  for (const { file } of manifest.native) await writeFile(path.join(altered, file), 'other');
  const house = await signerHouse(2, 2);
  await expect(house.start(1, { bundle: altered })).rejects.toThrow(
    /not the file that this bundle/,
  );
  await house.remove();
});
