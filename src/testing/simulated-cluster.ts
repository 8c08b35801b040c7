/**
 * A signer cluster inside the test's process: 2-of-3, the real protocols in the simulator, and the
 * checks of a node on what it is asked to sign. A test stops and starts its parties.
 */
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { hex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import type { KeyId } from '#core/ids.ts';
import { parseInstant } from '#core/time.ts';
import { parseIntent } from '#mandate/intent.ts';
import { requireIntended } from '#mandate/intent-match.ts';
import { challengeOf } from '#mandate/statement.ts';
import {
  type Committee,
  simulatedCommittee,
  simulatedKeys,
  simulatedSigning,
} from '#signing/simulated-committee.ts';
import { simulatedRefresh } from '#signing/lifecycle/simulated-life.ts';
import { outputsOf } from '#signing/simulator.ts';
import type { SignerCluster } from '#cluster-client/cluster.ts';
import type { SigningRequest } from '#cluster-client/request.ts';

const PARTIES = 3;
const THRESHOLD = 2;

export type SimulatedCluster = Omit<SignerCluster, 'close'> & {
  /** Parties that answer; all of them at first. */
  readonly running: Set<number>;
  /** Why the nodes refuse everything, where a test wants them to. */
  refusal: string | undefined;
  /** How many signatures were made. */
  signed: number;
};

const notSimulated = (what: string): PlatformError =>
  new PlatformError('NOT_CONFIGURED', { reason: `${what} takes real signer nodes` });

export function createSimulatedCluster(now: () => number): SimulatedCluster {
  const keys = new Map<KeyId, Committee>();
  /** Hash of an intent -> the digest that it was signed for. */
  const journal = new Map<string, string>();
  const requireRunning = (count: number) => {
    if (cluster.running.size >= count)
      return [...cluster.running].toSorted((a, b) => a - b).slice(0, count);
    throw new PlatformError('SIGNERS_UNAVAILABLE', {
      reason: `${cluster.running.size} of ${PARTIES} nodes answer, ${count} are needed`,
    });
  };
  const cluster: SimulatedCluster = {
    running: new Set([1, 2, 3]),
    refusal: undefined,
    signed: 0,
    createKey: async ({ keyId }) => {
      requireRunning(PARTIES);
      const committee = keys.get(keyId) ?? createKey(keyId);
      keys.set(keyId, committee);
      return { publicKey: publicKeyOf(committee) };
    },
    refreshKey: async ({ keyId }) => {
      requireRunning(PARTIES);
      const committee = keys.get(keyId);
      if (committee === undefined) throw rejected('no such key here');
      const shares = outputsOf(simulatedRefresh(keyId, committee.shares));
      keys.set(keyId, { ...committee, shares });
      return { publicKey: publicKeyOf(committee) };
    },
    reshareKey: async () => Promise.reject(notSimulated('a reshare')),
    importKey: async () => Promise.reject(notSimulated('an import')),
    exportKey: async () => Promise.reject(notSimulated('an export')),
    registerWallet: async ({ keyId, path }) => {
      requireRunning(PARTIES);
      const committee = keys.get(keyId);
      if (committee === undefined || path !== 'm') throw rejected('no key at this path');
      return { publicKey: publicKeyOf(committee) };
    },
    sign: async ({ keyId, mandate }) => {
      const signers = requireRunning(THRESHOLD);
      const committee = keys.get(keyId);
      if (committee === undefined) throw rejected('the key is unknown');
      if (cluster.refusal !== undefined) throw rejected(cluster.refusal);
      const digests = requireEvidence(mandate, committee, journal, now());
      cluster.signed += 1;
      const signatures = digests.map((digest) => {
        const seed = `${hex(digest)}/${cluster.signed}`;
        const [signature] = outputsOf(
          simulatedSigning({ seed, committee, signers, digest }),
        ).values();
        if (signature === undefined) throw new Error('the simulated session made no signature');
        return signature;
      });
      return { signatures, signers };
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
function createKey(keyId: KeyId): Committee {
  const { parties, pairs } = simulatedCommittee('workflow', PARTIES, THRESHOLD);
  return { parties, pairs, shares: simulatedKeys(keyId, PARTIES, THRESHOLD) };
}

function publicKeyOf(committee: Committee) {
  const [share] = committee.shares.values();
  if (share === undefined) throw new Error('a committee has shares');
  return share.publicKey;
}

const rejected = (reason: string) => new PlatformError('EVIDENCE_REJECTED', { reason });

/**
 * What a node checks before it signs: the bytes do what the intent says, and nothing else before.
 */
function requireEvidence(
  mandate: SigningRequest,
  committee: Committee,
  journal: Map<string, string>,
  now: number,
) {
  const intent = parseIntent(mandate.intent);
  if (parseInstant(intent.expires) <= now) throw rejected('the intent has expired');
  const network = findNetwork(intent.network);
  const verbs = verbsOf(network);
  const from = verbs.address(publicKeyOf(committee));
  requireIntended(intent, verbs.explain(network, mandate.unsigned, from), { network, from });
  const digests = verbs.payloads(network, mandate.unsigned).map(({ digest }) => digest);
  const intentHash = hex(challengeOf(intent));
  const bound = digests.map(hex).join();
  if ((journal.get(intentHash) ?? bound) !== bound) {
    throw rejected('the intent was signed as another transaction');
  }
  journal.set(intentHash, bound);
  return digests;
}
