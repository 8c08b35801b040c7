/**
 * The signer nodes of a run: real processes from the bundle that a signer's machine would have, each on
 * a host that may turn bad (`bad-host.mjs`) and, where the run wants it, with a corrupted program.
 */
import fs from 'node:fs';
import path from 'node:path';
import { type SignerLink, clientCredentials, grpcLink } from '#cluster-client/link.ts';
import type { ChildPlan } from '#launcher/child.ts';
import { startOnPort } from '#launcher/ports.ts';
import { CHECKOUT, LOADER, programEnvironment, signerPlan } from '#launcher/programs.ts';
import { createSupervisor, type Supervisor } from '#launcher/supervisor.ts';
import type { NodeFile } from '#signer-cluster/config.ts';
import { REQUIRED_OPTIONS } from '#signer-cluster/hardening.ts';
import { provisionCommittee } from '#signer-cluster/provision.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { Keys } from '#testing/logged.ts';
import { trustedHouse } from '#testing/trusted-cluster.ts';
import { bundleSigner } from '#tools/signer-bundle/build.ts';
import { type Host, hostFile, onBadHost, turn } from './bad-host.ts';

const CORRUPTED = path.join(import.meta.dirname, 'corrupted', 'replace.mjs');
const SIGNERS_STAGE = 2;

export type CommitteePlan = {
  /** Empty, and others may enter it; everything of the nodes lies inside. */
  readonly folder: string;
  readonly count: number;
  readonly threshold: number;
  /** A file of prices. */
  readonly prices: string;
  /** Who runs the corrupted program from the start. */
  readonly corrupted?: readonly PartyId[];
};

export type Committee = {
  readonly parties: readonly PartyId[];
  readonly threshold: number;
  /** The keys of the nodes, with which a run makes what they would sign of an audit log. */
  readonly keys: Keys;
  /** The workers' folder of certificates. */
  readonly tls: string;
  port(party: PartyId): number;
  /** Fresh links with the worker's own certificate, straight to the ports. */
  links(): readonly SignerLink[];
  /** kill -9; it stays down until `start`. */
  kill(party: PartyId): Promise<void>;
  start(party: PartyId): Promise<void>;
  /** From its next start on the node runs the corrupted program on its own, genuine disk. */
  corrupt(party: PartyId): void;
  turn(party: PartyId, host: Partial<Host>): void;
  pid(party: PartyId): number;
  /** What the node has in writing, as its disk says it: how many entries of each kind. */
  journal(party: PartyId): ReadonlyMap<string, number>;
  close(): Promise<void>;
};

const nameOf = (party: PartyId): string => `signer-${party}`;

export async function openCommittee(plan: CommitteePlan): Promise<Committee> {
  const { folder, count, threshold, prices } = plan;
  const bundle = path.join(folder, 'signer-program');
  await bundleSigner(CHECKOUT, bundle);
  const { configs, tls } = await provisionCommittee({ dir: folder, count, threshold });
  const { keys } = (await trustedHouse(configs)).notaries;
  const parties = configs.map((_, index) => index + 1);
  for (const config of configs) {
    const file = JSON.parse(fs.readFileSync(config, 'utf8')) as NodeFile;
    fs.writeFileSync(config, JSON.stringify({ ...file, threads: 0, prices }));
  }
  const corrupted = new Set(plan.corrupted);
  const hosts = path.join(folder, 'hosts');
  fs.mkdirSync(hosts);
  const planOf = (party: PartyId, port: number): ChildPlan => {
    const config = configs[party - 1] as string;
    const given = { PATH: process.env['PATH'], SIGNER_CONFIG: config, PORT: `${port}` };
    const env = { ...given, LOG_LEVEL: 'warn', BAD_HOST: hostFile(hosts, nameOf(party)) };
    const logFile = path.join(folder, `${nameOf(party)}.log`);
    const usual = signerPlan({
      name: nameOf(party),
      env: programEnvironment({}, env),
      logFile,
      user: undefined,
      folder: path.dirname(config),
      bundle,
    });
    return corrupted.has(party) ? corruptedPlan(usual) : { ...usual, ...onBadHost(bundle) };
  };
  const supervisor = createSupervisor(() => undefined);
  const ports = new Map<PartyId, number>();
  try {
    await Promise.all(parties.map((party) => launch(supervisor, party, ports, planOf)));
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
  return committeeOf({
    parties,
    threshold,
    keys,
    tls,
    folder,
    ports,
    supervisor,
    corrupted,
    hosts,
  });
}

async function launch(
  supervisor: Supervisor,
  party: PartyId,
  ports: Map<PartyId, number>,
  planOf: (party: PartyId, port: number) => ChildPlan,
): Promise<void> {
  const name = nameOf(party);
  const at = await startOnPort(undefined, async (port) => {
    await supervisor.start({ name, stage: SIGNERS_STAGE, plan: () => planOf(party, port) });
    // A run says itself when a node that was killed comes back.
    supervisor.setRestart(name, false);
  });
  ports.set(party, at);
}

/** The sources of a node, of which some modules are replaced. */
const corruptedPlan = (usual: ChildPlan): ChildPlan => {
  const node = [process.execPath, ...REQUIRED_OPTIONS, '--import', LOADER, '--import', CORRUPTED];
  const program = [...node, path.join(CHECKOUT, 'signer-cluster', 'main.ts')];
  return {
    ...usual,
    command: '/bin/sh',
    args: ['-c', 'ulimit -c 0; exec "$@"', 'sh', ...program],
  };
};

function committeeOf(parts: {
  readonly parties: readonly PartyId[];
  readonly threshold: number;
  readonly keys: Keys;
  readonly tls: string;
  readonly folder: string;
  readonly ports: ReadonlyMap<PartyId, number>;
  readonly supervisor: Supervisor;
  readonly corrupted: Set<PartyId>;
  readonly hosts: string;
}): Committee {
  const { parties, threshold, keys, tls, folder, ports, supervisor, corrupted, hosts } = parts;
  const opened: SignerLink[] = [];
  const port = (party: PartyId): number => ports.get(party) as number;
  return {
    parties,
    threshold,
    keys,
    tls,
    port,
    links() {
      const credentials = clientCredentials(tls);
      const links = parties.map((party) =>
        grpcLink(party, `127.0.0.1:${port(party)}`, credentials),
      );
      opened.push(...links);
      return links;
    },
    kill: (party) => supervisor.kill(nameOf(party)),
    async start(party) {
      await supervisor.ensureRunning(nameOf(party));
    },
    corrupt: (party) => void corrupted.add(party),
    turn: (party, host) => turn(hosts, nameOf(party), host),
    pid: (party) => supervisor.identities()[nameOf(party)]?.pid ?? 0,
    journal: (party) => kindsIn(path.join(folder, 'signers', `${party}`, 'journal', 'journal.log')),
    async close() {
      for (const link of opened) link.close();
      await supervisor.stop();
    },
  };
}

/** A line is a MAC of 64 digits, a blank, and the entry. */
function kindsIn(journal: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of fs.readFileSync(journal, 'utf8').split('\n')) {
    if (line === '') continue;
    const { kind } = JSON.parse(line.slice(65)) as { readonly kind: string };
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}
