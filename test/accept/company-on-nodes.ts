/**
 * A company that pays, its authority log on real nodes, and nothing between the two: whoever holds this
 * holds the worker's certificate, and may send the nodes whatever it likes.
 */
import fs from 'node:fs';
import path from 'node:path';
import { clusterOver } from '#cluster-client/cluster.ts';
import type { SignerLink } from '#cluster-client/link.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import type { Bytes } from '#core/bytes.ts';
import type { KeyId } from '#core/ids.ts';
import { type Instant, MINUTE_MS, instant } from '#core/time.ts';
import { contentText } from '#mandate/authority/entry.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { Keys } from '#testing/logged.ts';
import { PayingCompany } from '#testing/paying-company.ts';
import type { Wallet } from '#testing/paying-company-log.ts';
import { type Committee, openCommittee } from './committee.ts';
import { openRunFolder } from './run-folder.ts';

/** Those of the company's wallets whose bytes do not name the key that pays. */
export const WALLETS: readonly Wallet[] = ['operations', 'spent', 'untagged', 'frozen'];

export type CompanyOnNodes = {
  readonly company: PayingCompany;
  readonly committee: Committee;
  readonly cluster: SignerCluster;
  readonly links: ReadonlyMap<PartyId, SignerLink>;
  readonly keyOf: (wallet: Wallet) => KeyId;
  /** The nodes' public key of the wallet. */
  readonly publicKeyOf: (wallet: Wallet) => Bytes;
  close(): Promise<void>;
};

const PRICES = { maxAgeSeconds: 86_400, quotes: { 'USDC@local-evm': { USD: '1.00' } } };
const ATTEMPTS_MAX = 5;
const LOG = { info: () => undefined, warn: () => undefined };

const clock = (): Instant => instant(Date.now());

export async function openCompanyOnNodes(plan: {
  readonly name: string;
  readonly seed: string;
  readonly count: number;
  readonly threshold: number;
  readonly corrupted: readonly PartyId[];
}): Promise<CompanyOnNodes> {
  const { path: folder, remove } = openRunFolder(plan.name);
  const prices = path.join(folder, 'prices.json');
  fs.writeFileSync(prices, JSON.stringify(PRICES));
  const committee = await openCommittee({ ...plan, folder, prices });
  const links = committee.links();
  const cluster = clusterOver(links, LOG);
  const close = async (): Promise<void> => {
    cluster.close();
    await committee.close();
    remove();
  };
  try {
    const company = await PayingCompany.open(plan.seed, instant(clock() - MINUTE_MS), clock);
    company.notaries = quorumOf(committee.keys, plan);
    await bringLog(cluster, company);
    const keys = new Map<Wallet, Bytes>();
    for (const name of WALLETS) keys.set(name, await makeKey(cluster, company, name));
    return {
      company,
      committee,
      cluster,
      links: new Map(links.map((link) => [link.party, link])),
      keyOf: (wallet) => company.own(wallet).key.keyId,
      publicKeyOf: (wallet) => keys.get(wallet) as Bytes,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** As many nodes as must cosign, and no more: a proof that lacks one of them has too few. */
function quorumOf(keys: Keys, shape: { readonly count: number; readonly threshold: number }): Keys {
  const quorum = Math.floor((shape.count + shape.threshold - 1) / 2) + 1;
  return new Map([...keys].slice(0, quorum));
}

/** To all nodes: whoever gave no answer in time, as on a busy machine, is told again. */
async function bringLog(cluster: SignerCluster, { authority }: PayingCompany): Promise<void> {
  const { state, entries } = authority;
  for (let left = ATTEMPTS_MAX; ; left -= 1) {
    const { behind } = await cluster.bringAuthority({
      organization: state.organization,
      head: state.head,
      entries: async (from, max) =>
        entries.slice(from, from + max).map(({ content }) => contentText(content)),
    });
    if (behind.size === 0) return;
    if (left === 1) throw new Error(`the log came not to all: ${[...behind].join(' ')}`);
  }
}

/** A key and its wallet, whose path is the key itself. */
async function makeKey(
  cluster: SignerCluster,
  company: PayingCompany,
  name: Wallet,
): Promise<Bytes> {
  const { organization } = company.state;
  const { keyId } = company.own(name).key;
  await cluster.createKey({ keyId, organization, scheme: 'ecdsa-secp256k1' });
  const wallet = { wallet: company.wallets[name], keyId, organization, path: 'm' };
  return (await cluster.registerWallet(wallet)).publicKey;
}
