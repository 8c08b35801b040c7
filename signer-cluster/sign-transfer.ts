/**
 * Signing one transfer. The order is what makes a presignature safe: first what is to be signed is
 * verified, then the presignature is reserved for exactly that on the disk, and only then does this
 * node say anything that depends on it (docs/protocols/presignatures.md).
 */
import type { Signature } from '#chains/adapter.ts';
import { type Bytes, hex } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import { parseInstant } from '#core/time.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { Circle } from './distrust.ts';
import { requireAgreed } from './agreed-spend.ts';
import type { Evidence } from './evidence.ts';
import { type SessionSubject, requireSameHoldings } from './hello.ts';
import { decideAlone } from './own-decision.ts';
import { standsFor } from './reserve-spend.ts';
import {
  type Conversation,
  type Party,
  activeKey,
  activePairs,
  begin,
  beginReserved,
  requireSigners,
} from './party.ts';
import type { Pool, Presigned } from './presignatures.ts';
import type { Result, SignatureFields } from './proto/frames.ts';
import type { SignRequest } from './proto/open-request.ts';
import { type SchemeProtocols, schemeOf } from './protocols.ts';
import type { Session } from './session.ts';
import { requireRestored } from './set-backs.ts';
import { type KeyRecord, pairEpochOf } from './store.ts';
import type { Running } from './tasks.ts';

export type Signing = {
  readonly party: Pick<Party, 'me' | 'perform' | 'guard'>;
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
  requireRestored(party, organization, signers);
  const scheme = schemeOf(protocols, key.scheme);
  const pairs = scheme.needsPairs ? activePairs(store, key).pairs : new Map<PartyId, Bytes>();
  const prices = await party.prices();
  const evidence = decideAlone(party, open.mandate, key, prices);
  const digests = evidence.payloads.map(({ digest }) => hex(digest));
  const expires = parseInstant(evidence.intent.expires);
  const bytes = { intent: evidence.intentHash, key: key.keyId, digests, expires };
  guard.requireSameBytes({ ...bytes, ...standsFor(evidence) });
  guard.requireSameNetwork({ key: key.keyId, ...networkOf(evidence) });
  if (evidence.isSetUp) guard.requireSetUpLeft(key.keyId);
  await requireAgreed(party, key, evidence, open);
  about.expires = expires;
  const publicKey = hex(evidence.wallet.publicKey);
  const subject: SessionSubject = {
    ...key,
    committee: committee.hash,
    purpose: 'sign',
    signers,
    keyEpoch: key.epoch,
    pairEpoch,
    request: askedFor(evidence, digests),
  };
  const signing = { party, signers, scheme, key, pairs };
  const accept = () => stream.send({ type: 'accepted', content: { publicKey } });
  const signatures =
    open.presignatures.length === 0
      ? await signAnew(conversation, subject, signing, evidence, accept)
      : await signReserved(conversation, subject, open.presignatures, signing, evidence, accept);
  return { publicKey, signatures: signatures.map(signatureFields), presignatures: [] };
}

/** What all signers must have read and derived alike: the intent names the wallet. */
const askedFor = ({ intentHash, wallet }: Evidence, digests: readonly string[]): Bytes =>
  hashOf({
    domain: 'countersign/signing/v1',
    intent: intentHash,
    digests: [...digests],
    path: wallet.path,
    publicKey: hex(wallet.publicKey),
  });

const signatureFields = (signature: Signature): SignatureFields =>
  'bytes' in signature
    ? { bytes: hex(signature.bytes) }
    : { r: hex(signature.r), s: hex(signature.s), recovery: signature.recovery };

/** With the scheme's whole protocol: there is no presignature, or the scheme has none. */
async function signAnew(
  conversation: Conversation,
  subject: SessionSubject,
  signing: Signing,
  evidence: Evidence,
  accept: () => void,
): Promise<readonly Signature[]> {
  const { party, about } = conversation;
  accept();
  const session = await begin(conversation, subject);
  const signatures = await signTransfer(session, signing, evidence);
  if (signing.scheme.presigning !== undefined) {
    party.refill.missed(poolOf(about.circle, signing.key));
  }
  return signatures;
}

/**
 * One signature for each payload of the transaction. The intent is bound to the payloads on disk
 * before the first message of a round leaves this node.
 */
export async function signTransfer(
  session: Session,
  signing: Signing,
  evidence: Evidence,
): Promise<readonly Signature[]> {
  requireSameHoldings(session.hellos);
  const { party, signers, key, pairs } = signing;
  const { me, perform } = party;
  const durable = record(session, signing, evidence, []);
  return runAll(session, durable, evidence, (payload, index) =>
    perform('sign', {
      scheme: key.scheme,
      me,
      parties: signers,
      context: session.context(`sign-${index}`),
      share: key.share,
      pairs,
      payload,
      tweak: evidence.wallet.tweak,
    }),
  );
}

/** With presignatures that all signers hold: one for each payload, and no other round than its own. */
async function signReserved(
  conversation: Conversation,
  subject: SessionSubject,
  ids: readonly string[],
  signing: Signing,
  evidence: Evidence,
  accept: () => void,
): Promise<readonly Signature[]> {
  const { party, about } = conversation;
  const { scheme, key } = signing;
  const pool = poolOf(about.circle, key);
  if (scheme.presigning === undefined || ids.length !== evidence.payloads.length) {
    throw new PlatformError('INVALID_INPUT', {
      field: 'presignatures',
      reason: 'not one for each payload, or a scheme that has none',
    });
  }
  const reserved = party.presignatures.reserve(pool, ids);
  try {
    const session = beginReserved(conversation, subject, reserved);
    // In one piece with the message of the first round, which leaves at the same moment.
    const durable = record(session, signing, evidence, ids).then(accept);
    return await runAll(session, durable, evidence, (payload, index) =>
      party.perform('online', {
        scheme: key.scheme,
        presignature: (reserved[index] as Presigned).secret,
        payload,
        tweak: evidence.wallet.tweak,
      }),
    );
  } finally {
    party.presignatures.burn(pool, reserved);
    party.refill.used(pool);
  }
}

/** Durable when it resolves: the intent stands for these payloads, by these presignatures. */
function record(
  { sid }: Pick<Session, 'sid'>,
  { party, signers, key }: Signing,
  evidence: Evidence,
  presignatures: readonly string[],
): Promise<void> {
  const { intent, intentHash, isSetUp, payloads, spend } = evidence;
  const entry = {
    kind: 'sign',
    sid,
    key: key.keyId,
    intent: intentHash,
    expires: parseInstant(intent.expires),
    digests: payloads.map(({ digest }) => hex(digest)),
    signers,
    presignatures,
    ...(isSetUp ? { isSetUp } : {}),
    ...networkOf(evidence),
    ...(spend === undefined ? {} : { at: spend.at }),
  } as const;
  return party.guard.recordSigning(entry, standsFor(evidence).transactions);
}

const networkOf = ({ network }: Evidence): Pick<Evidence, 'network'> =>
  network === undefined ? {} : { network };

async function runAll(
  session: Pick<Session, 'run'>,
  durable: Promise<void>,
  { payloads }: Evidence,
  taskOf: (payload: Evidence['payloads'][number], index: number) => Running<Signature>,
): Promise<readonly Signature[]> {
  const signatures: Signature[] = [];
  for (const [index, payload] of payloads.entries()) {
    signatures.push(await session.run(taskOf(payload, index), durable));
  }
  return signatures;
}

export function poolOf(circle: Circle | undefined, { keyId, epoch }: KeyRecord): Pool {
  if (circle === undefined) throw new Error('a signing has its signers');
  return { ...circle, keyId, keyEpoch: epoch };
}
