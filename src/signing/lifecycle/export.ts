/**
 * Export: enough holders encrypt their shares to one recipient, who puts the key together offline. The
 * whole key with its derivation tree leaves, never a child: a child's key and the extended public key
 * give the parent (BIP-32, "Security"). The steps are numbered in docs/protocols/export.md.
 */
import { type Bytes, equalBytes } from '#core/bytes.ts';
import type { Scalar } from '#signing/curve.ts';
import {
  type PartyId,
  type Protocol,
  ProtocolAbort,
  type Random,
  blameUnless,
  requireConsistent,
} from '#signing/kernel.ts';
import { NOTHING, exchange, of, openSession } from '#signing/session.ts';
import { DIGEST_BYTES, digest } from '#signing/transcript.ts';
import { bytes } from '#signing/wire.ts';
import { type Element, type PrimeGroup, coefficientAtZero, reduce } from '#signing/prime-group.ts';
import { openSealed, sealTo } from './sealed-box.ts';
import { type Share, type SharedKey, describeKey, elementsOf, sharesFitKey } from './share.ts';

export type ExportParameters<P extends Element<P>> = {
  readonly group: PrimeGroup<P>;
  readonly share: Share;
  /** At least `threshold` holders, ascending: their shares leave. */
  readonly exporters: readonly PartyId[];
  /** The recipient's X25519 key, 32 bytes. */
  readonly recipient: Bytes;
  /** Binds the session: protocol version, committee, key, organisation, epoch. */
  readonly context: Bytes;
  readonly random: Random;
};

/** One holder's share on its way to the recipient. */
export type ExportedShare = {
  readonly party: PartyId;
  readonly key: SharedKey;
  /** A sealed box of 32 bytes, the scalar as the group encodes it. */
  readonly box: Bytes;
};

/** The rounds after round 0. */
export const EXPORT_ROUNDS = {
  agree: { number: 1, broadcast: { agreement: bytes(DIGEST_BYTES) }, direct: NOTHING },
} as const;

const purposeOf = (group: { readonly name: string }, party: PartyId, key: SharedKey): Bytes =>
  digest('export/share', group.name, party, [...describeKey(key)]);

function requireExporters({ parties, threshold }: Share, exporters: readonly PartyId[]): void {
  const areHolders = exporters.every((one) => parties.includes(one));
  if (!areHolders || exporters.length < threshold) throw new ProtocolAbort('benign', 'PARTY_SET');
}

/**
 * One party's part: its encrypted share, once all exporters have said that they export this key to
 * this recipient.
 * @throws ProtocolAbort
 */
export function* exportShare<P extends Element<P>>(
  p: ExportParameters<P>,
): Protocol<ExportedShare> {
  const { group, share, exporters, recipient, context, random } = p;
  const { party: me, secret, ...key } = share;
  // Spec 0.1
  requireExporters(share, exporters);
  // Spec 0.2-0.4
  const session = yield* openSession({
    me,
    parties: exporters,
    context,
    random,
    protocol: 'export',
    purpose: [group.name, ...describeKey(key), recipient],
  });
  // Spec 1.1
  const agreement = digest('export/agreement', session.id, recipient);
  const agreed = yield* exchange(session, EXPORT_ROUNDS.agree, {
    broadcast: { agreement },
    direct: () => NOTHING,
  });
  // Spec 1.2
  const all = session.peers.map((peer) => of(agreed.broadcast, peer).agreement);
  requireConsistent(
    'AGREEMENT_MISMATCH',
    all.every((one) => equalBytes(one, agreement)),
  );
  // Spec 1.3
  const box = sealTo(recipient, purposeOf(group, me, key), group.encodeScalar(secret), random);
  return { party: me, key, box };
}

const keyDigest = (key: SharedKey): Bytes => digest('export/key', [...describeKey(key)]);

/** Spec C.2: all say the same of the key, and it is a key that t shares give. */
function requireOneKey<P extends Element<P>>(
  group: PrimeGroup<P>,
  exported: readonly ExportedShare[],
): SharedKey {
  const [first] = exported;
  if (first === undefined) throw new ProtocolAbort('benign', 'TOO_FEW_SHARES');
  const same = exported.every(({ key }) => equalBytes(keyDigest(key), keyDigest(first.key)));
  requireConsistent('KEY_MISMATCH', same);
  const { key } = first;
  requireConsistent(
    'KEY_MISMATCH',
    sharesFitKey(group, elementsOf(group, key), key.threshold, key.publicKey),
  );
  return key;
}

/**
 * The recipient's part, offline: the key, 0 < secret < order, checked against its public key. For
 * Ed25519 it is the scalar that signs, not a seed.
 * @throws ProtocolAbort `benign` `TOO_FEW_SHARES` or `PARTY_SET`, `inconsistent` `KEY_MISMATCH`,
 *   `cheat` `EXPORTED_SHARE` with the parties whose box does not hold their share
 */
export function combineExport<P extends Element<P>>(
  group: PrimeGroup<P>,
  exported: readonly ExportedShare[],
  recipientSecret: Bytes,
): { readonly secret: Scalar; readonly key: SharedKey } {
  const key = requireOneKey(group, exported);
  // Spec C.1
  const parties = exported.map(({ party }) => party);
  const known = parties.every((party) => key.parties.includes(party));
  if (!known || new Set(parties).size !== parties.length) {
    throw new ProtocolAbort('benign', 'PARTY_SET');
  }
  if (parties.length < key.threshold) throw new ProtocolAbort('benign', 'TOO_FEW_SHARES');
  // Spec C.3
  const elements = elementsOf(group, key);
  const secrets = new Map<PartyId, Scalar>();
  for (const { party, box } of exported) {
    const plain = openSealed(recipientSecret, purposeOf(group, party, key), box);
    const secret = plain === undefined ? undefined : group.decodeScalar(plain);
    if (secret !== undefined) secrets.set(party, secret);
  }
  blameUnless('EXPORTED_SHARE', parties, (party) => {
    const secret = secrets.get(party);
    return secret !== undefined && group.multiplyBase(secret).equals(elements.get(party) as P);
  });
  // Spec C.4
  const secret = parties.reduce(
    (sum, party) =>
      reduce(group, sum + coefficientAtZero(group, party, parties) * of(secrets, party)),
    0n,
  );
  const whole = group.multiplyBase(secret);
  requireConsistent('KEY_MISMATCH', equalBytes(group.encodePoint(whole), key.publicKey));
  return { secret, key };
}
