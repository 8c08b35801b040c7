/**
 * A signer cluster inside the test's process: 2-of-3, the real protocols in the simulator, and the
 * checks of a node on what it is asked to sign. A test stops and starts its parties.
 */
import { sign } from 'node:crypto';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import type { Network, Payload, Signature } from '#chains/adapter.ts';
import { type Bytes, hex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { type KeyId, parseId } from '#core/ids.ts';
import type { AssetId, NetworkId } from '#core/money.ts';
import type { Scheme } from '#core/scheme.ts';
import { instant, parseInstant } from '#core/time.ts';
import { isGenesis, parseContent } from '#mandate/authority/entry.ts';
import { payableNetwork } from '#mandate/authority/assets.ts';
import { readAsset, readWallet } from '#mandate/authority/inputs.ts';
import type { RegisteredAsset } from '#mandate/authority/state.ts';
import { parseChange } from '#mandate/change.ts';
import { type Cosigner, cosignerName, type Witnesses } from '#mandate/checkpoint.ts';
import { parseLogProof, requireLoggedEvidence } from '#mandate/log-proof.ts';
import { parseIntent } from '#mandate/intent.ts';
import { requireIntended } from '#mandate/intent-match.ts';
import type { Head, OwnWord, Receipt, SpendSubject, Subject } from '#mandate/receipt-text.ts';
import { makeReceipt } from '#mandate/receipt.ts';
import { type Terms, termsOf, withReplacement } from '#mandate/replacement.ts';
import { challengeOf } from '#mandate/statement.ts';
import { type DerivedKey, derive } from '#signing/derivation.ts';
import {
  type Committee,
  simulatedCommittee,
  simulatedKeys,
  simulatedSigning,
} from '#signing/simulated-committee.ts';
import { simulatedRefresh } from '#signing/lifecycle/simulated-life.ts';
import {
  type FrostShares,
  simulatedFrostKey,
  simulatedFrostSigning,
} from '#signing/frost/simulated-keys.ts';
import { outputsOf } from '#signing/simulator.ts';
import type { AuthorityLog } from '#cluster-client/bring-authority.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { type Cosigning, cosigning } from '#signer-cluster/cosigning.ts';
import { type KeyPair, newKeyPair } from '#signer-cluster/identity.ts';
import type { SigningRequest } from '#cluster-client/request.ts';

const COMMITTEE = '5e'.repeat(32);
const PARTIES = 3;
const THRESHOLD = 2;

export type SimulatedCluster = Omit<SignerCluster, 'close'> & {
  /** Parties that answer; all of them at first. */
  readonly running: Set<number>;
  /** Why the nodes refuse everything, where a test wants them to. */
  refusal: string | undefined;
  /** Whether the nodes can prove that what they have withdrawn from is never signed. */
  lets: boolean;
  /** Who cosigns checkpoints of the audit log. */
  readonly cosigners: readonly Cosigner[];
  /** How many signatures were made. */
  signed: number;
};

const notSimulated = (what: string): PlatformError =>
  new PlatformError('NOT_CONFIGURED', { reason: `${what} takes real signer nodes` });

/** A key as its scheme's simulator holds it. */
type SimulatedKey =
  | { readonly scheme: 'ecdsa-secp256k1'; readonly committee: Committee }
  | { readonly scheme: 'frost-ed25519'; readonly shares: FrostShares };

export function createSimulatedCluster(now: () => number): SimulatedCluster {
  const keys = new Map<KeyId, SimulatedKey>();
  const wallets = new Map<string, WalletKey>();
  /** Hash of an intent -> the digest that it was signed for. */
  const journal = new Map<string, readonly Terms[]>();
  /** Where each organisation's authority log was brought to. */
  const heads = new Map<string, Head>();
  const logs = new Map<string, AuthorityLog>();
  const identities = Array.from({ length: PARTIES }, () => newKeyPair('Ed25519'));
  const witnesses = identities.map((signing, index) =>
    cosigning({
      me: index + 1,
      signing,
      journal: { append: () => Promise.resolve() },
      cosigned: new Map(),
      starts: { requireStanding: () => undefined, cosigned: () => [] },
      now: () => instant(now()),
    }),
  );
  const requireRunning = (count: number) => {
    if (cluster.running.size >= count)
      return [...cluster.running].toSorted((a, b) => a - b).slice(0, count);
    throw new PlatformError('SIGNERS_UNAVAILABLE', {
      reason: `${cluster.running.size} of ${PARTIES} nodes answer, ${count} are needed`,
    });
  };
  const receiptOf =
    (subject: Subject, own: OwnWord = {}) =>
    (party: number): Receipt => {
      const { privateKey } = identities[party - 1] as KeyPair;
      const sign = (message: Bytes) => signWithKey(privateKey, message);
      return makeReceipt({ committee: COMMITTEE, party, sign }, subject, own);
    };
  const cluster: SimulatedCluster = {
    cosigners: identities.map(({ publicKey }, index) => ({
      name: cosignerName(index + 1),
      publicKey,
    })),
    running: new Set([1, 2, 3]),
    refusal: undefined,
    lets: false,
    signed: 0,
    createKey: async ({ keyId, scheme }) => {
      requireRunning(PARTIES);
      const key = keys.get(keyId) ?? createKey(keyId, scheme);
      keys.set(keyId, key);
      return { publicKey: publicKeyOf(key), chainCode: chainCodeOf(key) };
    },
    refreshKey: async ({ keyId }) => {
      requireRunning(PARTIES);
      const key = keys.get(keyId);
      if (key?.scheme !== 'ecdsa-secp256k1') throw rejected('no such key here');
      const shares = outputsOf(simulatedRefresh(keyId, key.committee.shares));
      keys.set(keyId, { ...key, committee: { ...key.committee, shares } });
      return { publicKey: publicKeyOf(key) };
    },
    reshareKey: async () => Promise.reject(notSimulated('a reshare')),
    importKey: async () => Promise.reject(notSimulated('an import')),
    exportKey: async () => Promise.reject(notSimulated('an export')),
    registerWallet: async ({ wallet, keyId, organization, path }) => {
      requireRunning(PARTIES);
      const key = keys.get(keyId);
      if (key === undefined) throw rejected('no such key here');
      const own = deriveFrom(key, path);
      wallets.set(wallet, own);
      const network = await networkOf(logs.get(organization), wallet);
      const attest = receiptOf({
        kind: 'wallet',
        organization,
        wallet,
        key: keyId,
        scheme: key.scheme,
        path,
        network,
        publicKey: hex(own.publicKey),
        address: verbsOf(findNetwork(network)).address(own.publicKey),
        holders: [1, 2, 3],
      });
      const attestations = new Map([1, 2, 3].map((party) => [party, attest(party)]));
      return { publicKey: own.publicKey, attestations };
    },
    bringAuthority: async (log) => {
      const { organization, head } = log;
      heads.set(organization, head);
      logs.set(organization, log);
      const subject = { kind: 'change', organization, authority: head } as const;
      return { receipts: [...cluster.running].map(receiptOf(subject)), behind: new Map() };
    },
    agree: async ({ keyId, mandate }) => {
      const subject = spendOf(keyId, mandate);
      const authority = heads.get(subject.organization);
      const own = { at: now(), ...(authority === undefined ? {} : { authority }) };
      return { confirmations: [], receipts: [...cluster.running].map(receiptOf(subject, own)) };
    },
    release: async () => cluster.lets,
    sign: async ({ keyId, mandate }) => {
      const signers = requireRunning(THRESHOLD);
      const key = keys.get(keyId);
      if (key === undefined) throw rejected('the key is unknown');
      if (cluster.refusal !== undefined) throw rejected(cluster.refusal);
      const wallet = wallets.get(parseIntent(mandate.intent).wallet);
      if (wallet === undefined) throw rejected('the wallet is unknown');
      requireLog(mandate, { cosigners: cluster.cosigners, quorum: PARTIES });
      const network = await networkOfIntent(logs, mandate);
      const payloads = requireEvidence(mandate, wallet, network, journal, now());
      cluster.signed += 1;
      const signatures = payloads.map((payload) =>
        signWith(key, wallet, signers, payload, `${hex(payload.digest)}/${cluster.signed}`),
      );
      return { signatures, signers };
    },
    nodeKeys: () => ({
      threshold: THRESHOLD,
      members: PARTIES,
      keys: new Map(identities.map(({ publicKey }, index) => [index + 1, publicKey])),
    }),
    committee: async () => ({ parties: [1, 2, 3], threshold: THRESHOLD }),
    cosign: async (party, request) => {
      if (!cluster.running.has(party)) throw new PlatformError('SIGNERS_UNAVAILABLE');
      return (witnesses[party - 1] as Cosigning).cosign(request);
    },
    health: async () =>
      [1, 2, 3].map((party) => ({
        party,
        address: 'in this process',
        ok: cluster.running.has(party),
        detail: cluster.running.has(party) ? '' : 'stopped by the test',
      })),
  };
  return cluster;
}

/** Pairs are set up once for all keys, as in the real cluster. */
function createKey(keyId: KeyId, scheme: Scheme): SimulatedKey {
  if (scheme === 'frost-ed25519') {
    return { scheme, shares: simulatedFrostKey(keyId, scheme, PARTIES, THRESHOLD) };
  }
  const { parties, pairs } = simulatedCommittee('workflow', PARTIES, THRESHOLD);
  const shares = simulatedKeys(keyId, PARTIES, THRESHOLD);
  return { scheme: 'ecdsa-secp256k1', committee: { parties, pairs, shares } };
}

function publicKeyOf(key: SimulatedKey): Bytes {
  const { shares } = key.scheme === 'frost-ed25519' ? key : key.committee;
  const [share] = shares.values();
  if (share === undefined) throw new Error('a committee has shares');
  return share.publicKey;
}

type WalletKey = Pick<DerivedKey, 'publicKey' | 'tweak'>;

const chainCodeOf = (key: SimulatedKey): Bytes =>
  key.scheme === 'frost-ed25519' ? new Uint8Array(32) : shareOf(key.committee).chainCode;

function shareOf(committee: Committee) {
  const [share] = committee.shares.values();
  if (share === undefined) throw new Error('a committee has shares');
  return share;
}

function deriveFrom(key: SimulatedKey, path: string): WalletKey {
  if (path === 'm') return { publicKey: publicKeyOf(key), tweak: 0n };
  if (key.scheme === 'frost-ed25519') throw rejected('no key at this path');
  const { publicKey, chainCode } = shareOf(key.committee);
  return derive(publicKey, chainCode, path);
}

function signWith(
  key: SimulatedKey,
  { tweak }: WalletKey,
  signers: readonly number[],
  { digest, message = digest }: Payload,
  seed: string,
): Signature {
  const outputs =
    key.scheme === 'frost-ed25519'
      ? outputsOf(simulatedFrostSigning({ seed, shares: key.shares, signers, message }))
      : outputsOf(simulatedSigning({ seed, committee: key.committee, signers, digest, tweak }));
  const [signature] = outputs.values();
  if (signature === undefined) throw new Error('the simulated session made no signature');
  return signature instanceof Uint8Array ? { bytes: signature } : signature;
}

/** What a node knows of a wallet by its own copy of the log. */
async function networkOf(log: AuthorityLog | undefined, wallet: string): Promise<NetworkId> {
  for (const text of (await log?.entries(0, Number.MAX_SAFE_INTEGER)) ?? []) {
    const content = parseContent(text);
    if (isGenesis(content)) continue;
    const { operation, subject, input } = parseChange(content.change.statement);
    if (operation === 'createWallet' && subject === wallet) return readWallet(input).network;
  }
  throw rejected('the log orders no such wallet');
}

/** With the tokens that are registered, and not retired, in the organisation's log. */
async function networkOfIntent(
  logs: ReadonlyMap<string, AuthorityLog>,
  { intent: text }: SigningRequest,
): Promise<Network> {
  const intent = parseIntent(text);
  const log = logs.get(intent.organization);
  const assets = new Map<AssetId, RegisteredAsset>();
  for (const entry of (await log?.entries(0, Number.MAX_SAFE_INTEGER)) ?? []) {
    const content = parseContent(entry);
    if (isGenesis(content)) continue;
    const { operation, subject, input } = parseChange(content.change.statement);
    const id = subject as AssetId;
    if (operation === 'registerAsset') {
      assets.set(id, { ...readAsset(input, subject), version: 1, retired: false });
    }
    if (operation === 'retireAsset') assets.delete(id);
  }
  return payableNetwork({ assets }, intent.network);
}

const signWithKey = (key: KeyPair['privateKey'], message: Bytes): Bytes =>
  new Uint8Array(sign(null, message, key));

function spendOf(key: KeyId, { intent: text, unsigned }: SigningRequest): SpendSubject {
  const intent = parseIntent(text);
  const network = findNetwork(intent.network);
  const payloads = verbsOf(network).payloads(network, unsigned);
  const digests = payloads.map(({ digest }) => hex(digest));
  const { organization } = intent;
  return { kind: 'spend', organization, key, intent: hex(challengeOf(intent)), digests };
}

const rejected = (reason: string) => new PlatformError('EVIDENCE_REJECTED', { reason });

/** What every node asks of the worker's audit log. */
function requireLog({ intent, initiator, approvals, log }: SigningRequest, witnesses: Witnesses) {
  if (log === undefined) throw rejected('no proof that the audit log holds the request');
  const organization = parseId('organization', parseIntent(intent).organization);
  requireLoggedEvidence(parseLogProof(log), { organization, initiator, approvals }, witnesses);
}

/**
 * What a node checks before it signs: the bytes do what the intent says, and nothing else before.
 */
function requireEvidence(
  mandate: SigningRequest,
  { publicKey }: WalletKey,
  network: Network,
  journal: Map<string, readonly Terms[]>,
  now: number,
): readonly Payload[] {
  const intent = parseIntent(mandate.intent);
  if (parseInstant(intent.expires) <= now) throw rejected('the intent has expired');
  const verbs = verbsOf(network);
  const from = verbs.address(publicKey);
  const payloads = verbs.payloads(network, mandate.unsigned);
  if (isSetUp(network, mandate.unsigned, from)) return payloads;
  const explanation = verbs.explain(network, mandate.unsigned, from);
  requireIntended(intent, explanation, { network, from });
  const intentHash = hex(challengeOf(intent));
  const digests = payloads.map(({ digest }) => hex(digest));
  const known = journal.get(intentHash) ?? [];
  journal.set(intentHash, withReplacement(known, termsOf(explanation, digests)));
  return payloads;
}

function isSetUp(network: Network, unsigned: Bytes, from: string): boolean {
  try {
    verbsOf(network).explainSetUp(network, unsigned, from);
    return true;
  } catch {
    // Then it must be the payment.
    return false;
  }
}
