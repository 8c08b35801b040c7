/**
 * A signature in two rounds by at least t parties (RFC 9591 section 5), after round 0 has made a
 * session that no party chose alone. The steps are numbered in docs/protocols/frost-sign.md.
 */
import { type Bytes, equalBytes } from '#core/bytes.ts';
import { groupPoint, groupScalar } from '#signing/prime-group-wire.ts';
import { type Element, type PrimeGroup, type Scalar } from '#signing/prime-group.ts';
import {
  type PartyId,
  type Protocol,
  ProtocolAbort,
  type Random,
  blameUnless,
  requireConsistent,
  requireParties,
} from '#signing/kernel.ts';
import {
  NOTHING,
  type Session,
  exchange,
  hedgedRandom,
  of,
  openSession,
} from '#signing/session.ts';
import { DIGEST_BYTES } from '#signing/transcript.ts';
import { bytes } from '#signing/wire.ts';
import type { FrostKeyShare } from './key-share.ts';
import {
  type Commitment,
  type Nonces,
  type Package,
  aggregate,
  deriveNonce,
  preparePackage,
  signShare,
  verifyShare,
} from './shares.ts';
import {
  type SigningKey,
  adaptShare,
  adaptVerifyingShare,
  outputKey,
  plainKey,
} from './signing-key.ts';
import { FROST_ED25519, FROST_TAPROOT, type Suite } from './suite.ts';

export type FrostSignParameters = {
  readonly me: PartyId;
  /** At least `share.threshold` of the key's parties, ascending. */
  readonly signers: readonly PartyId[];
  readonly share: FrostKeyShare;
  /** What is signed, computed by this party from what it approved. Taproot: the 32-byte sighash. */
  readonly message: Bytes;
  /** The public offset of a derived child key; 0 signs under the key itself, as Ed25519 always does. */
  readonly tweak: Scalar;
  /**
   * `frost-secp256k1` only: signs under the Taproot output key that commits to this root of scripts
   * (32 bytes, or none for an output without scripts). Undefined signs under the untweaked key.
   */
  readonly merkleRoot?: Bytes;
  /** Binds the session: protocol version, committee, key, organisation, epoch, purpose. */
  readonly context: Bytes;
  readonly random: Random;
};

/** The rounds after round 0, in a suite's group. */
export const signRounds = <P extends Element<P>>(group: PrimeGroup<P>) =>
  ({
    commit: {
      number: 1,
      broadcast: { hiding: groupPoint(group), binding: groupPoint(group) },
      direct: NOTHING,
    },
    respond: {
      number: 2,
      broadcast: { echo: bytes(DIGEST_BYTES), response: groupScalar(group) },
      direct: NOTHING,
    },
  }) as const;

/** Bytes that the RFC's nonce_generate hashes with the share. */
const NONCE_RANDOM_BYTES = 32;

function requireSigners({ me, signers, share }: FrostSignParameters): void {
  requireParties(me, signers);
  const known = signers.every((signer) => share.parties.includes(signer));
  if (share.party !== me || !known || signers.length < share.threshold) {
    throw new ProtocolAbort('benign', 'SIGNER_SET');
  }
}

/** Spec 1.1-1.2: both nonces, each from bytes of its own. */
function drawNonces<P extends Element<P>>(
  suite: Suite<P>,
  session: Session,
  secret: Scalar,
  random: Random,
): { readonly nonces: Nonces; readonly commitment: Commitment<P> } {
  const { group } = suite;
  const hedged = hedgedRandom(session, group.encodeScalar(secret), random);
  const nonces = {
    hiding: deriveNonce(suite, hedged(NONCE_RANDOM_BYTES), secret),
    binding: deriveNonce(suite, hedged(NONCE_RANDOM_BYTES), secret),
  };
  const commitment = {
    party: session.me,
    hiding: group.multiplyBase(nonces.hiding),
    binding: group.multiplyBase(nonces.binding),
  };
  return { nonces, commitment };
}

/**
 * Spec 3.2-3.3: the signature, verified, or the name of who made it invalid.
 * @throws ProtocolAbort `cheat` `SIGNATURE_SHARE`, or `inconsistent` `SIGNATURE_INVALID` should an
 *   invalid sum have no invalid share
 */
function release<P extends Element<P>>(
  pack: Package<P>,
  responses: ReadonlyMap<PartyId, Scalar>,
  peers: readonly PartyId[],
  verifyingShareOf: (party: PartyId) => P,
): Bytes {
  const signature = aggregate(pack, responses.values());
  if (!pack.suite.verify(pack.publicKey, pack.message, signature)) {
    blameUnless('SIGNATURE_SHARE', peers, (peer) =>
      verifyShare(pack, peer, of(responses, peer), verifyingShareOf(peer)),
    );
    throw new ProtocolAbort('inconsistent', 'SIGNATURE_INVALID');
  }
  return signature;
}

function* run<P extends Element<P>>(
  p: FrostSignParameters,
  suite: Suite<P>,
  key: SigningKey<P>,
): Protocol<Bytes> {
  const { me, signers, share, message } = p;
  const { group } = suite;
  const { commit, respond } = signRounds(group);
  // Spec 0.2-0.3
  const session = yield* openSession({
    protocol: 'frost-sign',
    me,
    parties: signers,
    context: p.context,
    purpose: [suite.context, share.publicKey, group.encodePoint(key.publicKey), message],
    random: p.random,
  });
  const { peers } = session;
  const { nonces, commitment } = drawNonces(suite, session, share.secret, p.random);
  // Spec 1.3
  const committed = yield* exchange(session, commit, {
    broadcast: { hiding: commitment.hiding, binding: commitment.binding },
    direct: () => NOTHING,
  });
  // Spec 2.1
  const commitments = signers.map((party) =>
    party === me ? commitment : { party, ...of(committed.broadcast, party) },
  );
  const pack = preparePackage(suite, key.publicKey, message, commitments);
  // Spec 2.2
  const response = signShare(pack, me, nonces, adaptShare(suite, key, share.secret));
  const responded = yield* exchange(session, respond, {
    broadcast: { echo: committed.echo, response },
    direct: () => NOTHING,
  });
  // Spec 3.1
  requireConsistent(
    'ECHO_MISMATCH',
    peers.every((peer) => equalBytes(of(responded.broadcast, peer).echo, committed.echo)),
  );
  const responses = new Map(
    signers.map((party) => [
      party,
      party === me ? response : of(responded.broadcast, party).response,
    ]),
  );
  return release(pack, responses, peers, (party) =>
    adaptVerifyingShare(suite, key, group.readStoredPoint(of(share.verifyingShares, party))),
  );
}

/**
 * One party's part. Every signer gets the same 64 bytes, verified: of RFC 8032 for `frost-ed25519`, of
 * BIP-340 for `frost-secp256k1`.
 * @throws ProtocolAbort
 */
export function* frostSign(p: FrostSignParameters): Protocol<Bytes> {
  // Spec 0.1
  requireSigners(p);
  const { share, tweak, merkleRoot } = p;
  if (share.scheme === 'frost-ed25519') {
    if (tweak !== 0n || merkleRoot !== undefined) throw new ProtocolAbort('benign', 'TWEAK');
    const publicKey = FROST_ED25519.group.readStoredPoint(share.publicKey);
    return yield* run(p, FROST_ED25519, plainKey(FROST_ED25519, publicKey, 0n));
  }
  const publicKey = FROST_TAPROOT.group.readStoredPoint(share.publicKey);
  const key =
    merkleRoot === undefined
      ? plainKey(FROST_TAPROOT, publicKey, tweak)
      : outputKey(publicKey, tweak, merkleRoot);
  return yield* run(p, FROST_TAPROOT, key);
}
