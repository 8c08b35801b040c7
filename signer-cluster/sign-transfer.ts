/** Signing one transfer, after the evidence was accepted: journal first, then the protocol. */
import type { EcdsaSignature } from '#chains/adapter.ts';
import { type Bytes, hex } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import type { PartyId } from '#signing/kernel.ts';
import { type Evidence, requireEvidence } from './evidence.ts';
import type { Held } from './hello.ts';
import {
  type Conversation,
  type Party,
  activeKey,
  activePairs,
  begin,
  requireSigners,
} from './party.ts';
import type { Result } from './proto/frames.ts';
import type { SignRequest } from './proto/open-request.ts';
import { type SchemeProtocols, schemeOf } from './protocols.ts';
import type { Session } from './session.ts';
import { type KeyRecord, pairEpochOf } from './store.ts';

type Signing = {
  readonly party: Pick<Party, 'me' | 'random' | 'guard'>;
  readonly signers: readonly PartyId[];
  readonly scheme: SchemeProtocols;
  readonly key: KeyRecord;
  readonly pairs: ReadonlyMap<PartyId, Bytes>;
};

/** @throws PlatformError, ProtocolAbort, EnvelopeRefused, FrameRefused, SessionGone */
export async function serveSign(conversation: Conversation, open: SignRequest): Promise<Result> {
  const { party, stream, about } = conversation;
  const { committee, store, guard, distrust, protocols } = party;
  const { signers } = open;
  const key = activeKey(party, open.keyId);
  requireSigners(party, signers, key.threshold, key.parties);
  const { organization } = key;
  const pairEpoch = pairEpochOf(store, organization);
  about.circle = { organization, epoch: pairEpoch, signers };
  distrust.requireTrusted(about.circle);
  const scheme = schemeOf(protocols, key.scheme);
  const pairs = scheme.needsPairs ? activePairs(store, key).pairs : new Map<PartyId, Bytes>();
  const evidence = requireEvidence(open.mandate, key, party.wallets, party.now());
  guard.requireSameBytes({
    intent: evidence.intentHash,
    key: key.keyId,
    digests: evidence.digests.map(hex),
  });
  const publicKey = hex(evidence.wallet.publicKey);
  const epochs = { keyEpoch: key.epoch, pairEpoch };
  const subject = {
    ...key,
    committee: committee.hash,
    purpose: 'sign',
    signers,
    ...epochs,
  } as const;
  stream.send({ type: 'accepted', content: { publicKey } });
  const session = await begin(conversation, { ...subject, request: askedFor(evidence) });
  const signatures = await signTransfer(session, { party, signers, scheme, key, pairs }, evidence);
  return {
    publicKey,
    signatures: signatures.map(({ r, s, recovery }) => ({ r: hex(r), s: hex(s), recovery })),
  };
}

/** What all signers must have read and derived alike: the intent names the wallet. */
const askedFor = ({ intentHash, digests, wallet }: Evidence): Bytes =>
  hashOf({
    domain: 'countersign/signing/v1',
    intent: intentHash,
    digests: digests.map(hex),
    path: wallet.path,
    publicKey: hex(wallet.publicKey),
  });

/**
 * One signature for each payload of the transaction. The intent is bound to the payloads on disk
 * before the first message of a round leaves this node.
 */
export async function signTransfer(
  session: Session,
  { party, signers, scheme, key, pairs }: Signing,
  evidence: Evidence,
): Promise<readonly EcdsaSignature[]> {
  requireSamePairs(session);
  const { me, random, guard } = party;
  const durable = guard.recordSigning({
    kind: 'sign',
    sid: session.sid,
    key: key.keyId,
    intent: evidence.intentHash,
    digests: evidence.digests.map(hex),
    signers,
  });
  const signatures: EcdsaSignature[] = [];
  for (const [index, digest] of evidence.digests.entries()) {
    const protocol = scheme.sign({
      me,
      parties: signers,
      context: session.context(`sign-${index}`),
      random,
      share: key.share,
      pairs,
      digest,
      tweak: evidence.wallet.tweak,
    });
    signatures.push(await session.run(protocol, durable));
  }
  return signatures;
}

/** A successor that waits for its commit changes nothing yet. */
const sidOf = (held: Held): string => (held.state === 'COMMITTED' ? held.sid : held.state);

/** Secrets of two set-ups do not fit together. That is nobody's offence, and must not look like one. */
function requireSamePairs(session: Session): void {
  const held = [...session.hellos.values()].map(
    ({ pairs, key }) => `${sidOf(pairs)} ${sidOf(key)}`,
  );
  if (held.every((one) => one === held[0])) return;
  throw new PlatformError('SIGNERS_UNAVAILABLE', { reason: 'the nodes hold different set-ups' });
}
