/**
 * A committee of real signer processes on this machine for a benchmark, in a folder of its own that is
 * gone at the end, and a wallet that signs payments. The worker is this process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sha256 } from '@noble/hashes/sha2.js';
import { connectCluster } from '#cluster-client/cluster.ts';
import type { SignerCluster, Signed } from '#cluster-client/signer-cluster.ts';
import type { Agreement } from '#cluster-client/agreement.ts';
import { payloadsOf, type SigningRequest } from '#cluster-client/request.ts';
import { type Bytes, hex, utf8 } from '#core/bytes.ts';
import { type KeyId, type OrganizationId, type WalletId, newId } from '#core/ids.ts';
import { instant } from '#core/time.ts';
import { CHECKOUT, signerCommand } from '#launcher/programs.ts';
import type { NodeFile } from '#signer-cluster/config.ts';
import { provisionCommittee } from '#signer-cluster/provision.ts';
import type { PartyId } from '#signing/kernel.ts';
import { bundleSigner } from '#tools/signer-bundle/build.ts';
import { LOOK_INSIDE } from '#testing/inside.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { logged, type TrustedHouse, trustedHouse, trusting } from '#testing/trusted-cluster.ts';
import { random } from './signing/topology.ts';

export type StageRequest = {
  readonly count: number;
  readonly threshold: number;
  readonly limits?: NodeFile['limits'];
  /** Of each node; as many as the machine is good for where it is absent. */
  readonly threads?: number;
  /** Whether the nodes tell what they hold (`#testing/inside.ts`). */
  readonly isTransparent?: boolean;
};

export type ClusterStage = {
  readonly cluster: SignerCluster;
  readonly house: TrustedHouse;
  /** The signer processes, by party. */
  readonly children: readonly ChildProcess[];
  /** Stops everything and removes its folder. */
  close(): Promise<void>;
};

const QUIET = { info: () => undefined, warn: () => undefined };

type Node = { readonly child: ChildProcess; readonly port: Promise<number> };

/** In a process group of its own: Ctrl-C is for this process, which then stops it in order. */
function startNode(config: string, bundle: string, isTransparent: boolean): Node {
  const preloaded = isTransparent ? ['--import', LOOK_INSIDE] : [];
  const { command, args } = signerCommand(bundle, preloaded);
  const child = spawn(command, args, {
    env: { ...process.env, SIGNER_CONFIG: config, EXIT_WITH_PARENT: '1', LOG_LEVEL: 'fatal' },
    stdio: ['pipe', 'pipe', 'inherit', ...(isTransparent ? (['ipc'] as const) : [])],
    detached: true,
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error('a signer process ended before it served');
  });
  ended.catch(() => undefined);
  const ready = once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line');
  const port = Promise.race([ready, ended]).then(
    ([line]: string[]) => (JSON.parse(line ?? '') as { port: number }).port,
  );
  return { child, port };
}

async function stopNode(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

export async function clusterStage(request: StageRequest): Promise<ClusterStage> {
  const { count, threshold, limits, threads, isTransparent = false } = request;
  const change = {
    ...(limits === undefined ? {} : { limits }),
    ...(threads === undefined ? {} : { threads }),
  };
  const dir = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  let nodes: readonly Node[] = [];
  let cluster: SignerCluster | undefined;
  async function close(): Promise<void> {
    cluster?.close();
    await Promise.all(nodes.map(({ child }) => stopNode(child)));
    await rm(dir, { recursive: true, force: true });
  }
  try {
    const { configs, tls } = await provisionCommittee({ dir, count, threshold });
    await Promise.all(configs.map((path) => configure(path, change)));
    const house = await trustedHouse(configs);
    const bundle = join(dir, 'signer-program');
    await bundleSigner(CHECKOUT, bundle);
    nodes = configs.map((config) => startNode(config, bundle, isTransparent));
    const ports = await Promise.all(nodes.map(({ port }) => port));
    const signers = new Map<PartyId, string>(
      ports.map((port, index) => [index + 1, `127.0.0.1:${port}`]),
    );
    cluster = await connectCluster({ signers, tls, log: QUIET });
    return { cluster, house, children: nodes.map(({ child }) => child), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function configure(path: string, change: Partial<NodeFile>): Promise<void> {
  const file = JSON.parse(await readFile(path, 'utf8')) as NodeFile;
  await writeFile(path, JSON.stringify({ ...file, ...change }));
}

/** A payment that was signed: what was signed, and how long the session took. */
export type SignedPayment = {
  readonly digest: Bytes;
  readonly signatures: Signed['signatures'];
  readonly ms: number;
};

/** A payment that a quorum of nodes has verified and has in writing, and how long that took. */
export type AgreedPayment = {
  readonly ms: number;
  sign(): Promise<SignedPayment>;
};

/** A payment with its whole mandate, which nobody but its people and the audit log has seen. */
export type MandatedPayment = {
  agree(): Promise<AgreedPayment>;
};

export type BenchWallet = {
  readonly publicKey: Bytes;
  /** What people, their keys and the log do for a payment before the cluster is asked. */
  mandate(): MandatedPayment;
  /** Mandate, receipts and signature. */
  sign(): Promise<SignedPayment>;
};

/** Mandates that a node may have missed are those of its last payments. */
const MANDATES_MAX = 100;

/** A wallet one path below a new key of a new organisation. Every payment of it is another intent. */
export async function walletOf(
  { cluster, house }: Pick<ClusterStage, 'cluster' | 'house'>,
  intentLifeMs?: number,
): Promise<BenchWallet> {
  const now = Date.now();
  const keyId: KeyId = newId('key', now, random(10));
  const organization: OrganizationId = newId('organization', now, random(10));
  const wallet: WalletId = newId('wallet', now, random(10));
  const trusted = trusting(cluster, house, []);
  await trusted.createKey({ keyId, organization, scheme: 'ecdsa-secp256k1' });
  const path = 'm/44/60/0/0/0';
  const { publicKey } = await trusted.registerWallet({ wallet, keyId, organization, path });
  const { authority: log } = await house.organization(organization);
  const authority = log.state.head.sequence;
  const recent = new Map<string, SigningRequest>();
  const mandatesOf = async (intents: readonly string[]) =>
    intents.flatMap((intent) => recent.get(intent) ?? []);
  let count = 0;
  function newMandate(): SigningRequest {
    const intent = paymentIntent({
      organization,
      wallet,
      externalId: `bench-${(count += 1)}`,
      ...(intentLifeMs === undefined ? {} : { expires: instant(Date.now() + intentLifeMs) }),
    });
    return logged(requestFor(intent), house.notaries);
  }
  function remember(mandate: SigningRequest): void {
    recent.set(hex(sha256(utf8(mandate.intent))), mandate);
    for (const old of recent.keys()) {
      if (recent.size <= MANDATES_MAX) break;
      recent.delete(old);
    }
  }
  async function agree(mandate: SigningRequest): Promise<AgreedPayment> {
    remember(mandate);
    const startedMs = performance.now();
    const agreement = await cluster.agree({ keyId, mandate, authority, mandatesOf });
    const ms = performance.now() - startedMs;
    return { ms, sign: () => signed(mandate, agreement) };
  }
  async function signed(mandate: SigningRequest, agreement: Agreement): Promise<SignedPayment> {
    const startedMs = performance.now();
    const { signatures } = await cluster.sign({ keyId, mandate, agreement });
    const ms = performance.now() - startedMs;
    const [payload] = payloadsOf(mandate);
    return { digest: (payload as { digest: Bytes }).digest, signatures, ms };
  }
  return {
    publicKey,
    mandate() {
      const mandate = newMandate();
      return { agree: () => agree(mandate) };
    },
    sign: async () => (await agree(newMandate())).sign(),
  };
}
