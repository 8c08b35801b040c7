/** Giving a key to other holders, or under another threshold, without its being whole anywhere. */
import { type Bytes, equalBytes, hex, parseHex, utf8 } from '#core/bytes.ts';
import { canonicalText, hashOf } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import { parseScheme } from '#core/scheme.ts';
import { type PartyId, ProtocolAbort } from '#signing/kernel.ts';
import type { SharedKey } from '#signing/lifecycle/share.ts';
import type { Approval } from './approvals.ts';
import { memberOf } from './committee.ts';
import { contributorsOf, heldKey } from './export-key.ts';
import { hedgeOf } from './identity.ts';
import { ANY_EPOCH } from './hello.ts';
import { requireOrdered } from './key-order.ts';
import { type Conversation, type Party, begin, requireSigners, reserve } from './party.ts';
import type { Result } from './proto/frames.ts';
import type { ReshareKeyRequest } from './proto/open-request.ts';
import type { Session } from './session.ts';
import { lifeOf } from './share-kinds.ts';
import { FIRST_EPOCH, type KeyRecord, type Store, pairEpochOf } from './store.ts';
import { type Part, agreeOn, partsFor, settle, takeOver } from './succession.ts';
import { testSignatures } from './test-signatures.ts';
import type { Registration } from './wallets.ts';

type About = Pick<KeyRecord, 'keyId' | 'organization' | 'scheme'>;
type Plan = Pick<ReshareKeyRequest, 'dealers' | 'receivers' | 'threshold'> & {
  readonly signers: readonly PartyId[];
  readonly parts: readonly Part[];
};

/** What dealers say of the key, for those who join. */
type Description = {
  readonly epoch: number;
  readonly provenance: KeyRecord['provenance'];
  readonly from: SharedKey;
  readonly wallets: readonly Registration[];
};

/** @throws PlatformError, ProtocolAbort, EnvelopeRefused, FrameRefused, SessionGone */
export async function serveReshareKey(
  conversation: Conversation,
  open: ReshareKeyRequest,
): Promise<Result> {
  const { party, stream, about } = conversation;
  const { me, committee, store, distrust, making, readiness, approvals, exported } = party;
  const subject: About = {
    keyId: parseId('key', open.keyId, 'keyId'),
    organization: parseId('organization', open.organization, 'organization'),
    scheme: parseScheme(open.scheme),
  };
  const { keyId, organization } = subject;
  requireSameKey(store, subject);
  const plan = planOf(party, subject, open);
  const { signers, parts, dealers, receivers, threshold } = plan;
  requireOrdered(party, subject, 'reshareKey', { keyId, dealers, receivers, threshold });
  exported.requireHere(keyId);
  about.circle = { organization, epoch: pairEpochOf(store, organization), signers };
  distrust.requireTrusted(about.circle);
  const release = reserve(making, [keyId, organization]);
  try {
    stream.send({ type: 'accepted', content: { publicKey: '' } });
    const asked = { domain: 'countersign/reshare/v1', dealers, receivers, threshold };
    const request = hashOf(asked);
    const begun = { ...subject, committee: committee.hash, signers, ...ANY_EPOCH, request };
    const session = await begin(conversation, { ...begun, purpose: 'reshareKey' });
    await party.guard.recordSession(session.sid, keyId);
    const words = (): readonly string[] => {
      const word = dealers.includes(me) ? approvals.find(operationOf(subject, plan)) : undefined;
      return word === undefined ? [] : [approvals.spend(word)];
    };
    const completed = await settle(session, {
      me,
      parts,
      required: dealers,
      requiredPairs: presentDealers(party, plan),
      readiness,
      words,
    });
    if (!completed) {
      const word = dealers.includes(me) ? requireWord(party, subject, plan) : undefined;
      if (word === undefined) requireKnownOrVouched(party, subject, plan);
      await reshareOnce(session, party, subject, plan);
      await takeOver(session, parts, readiness, () =>
        word === undefined ? [] : [approvals.spend(word)],
      );
    }
    const held = store.keys.get(keyId)?.record as KeyRecord;
    return { publicKey: hex(held.publicKey), signatures: [], presignatures: [] };
  } finally {
    release();
  }
}

/** @throws INVALID_INPUT */
function planOf(party: Party, about: About, open: ReshareKeyRequest): Plan {
  const { dealers, receivers, threshold } = open;
  const signers = [...new Set([...dealers, ...receivers])].toSorted((a, b) => a - b);
  const { members, retired } = party.committee;
  const present = members.map((member) => member.party);
  const everybody = [...present, ...retired.map((member) => member.party)];
  requireSigners(party, signers, signers.length, everybody);
  const left = receivers.find((receiver) => !present.includes(receiver));
  if (left !== undefined) {
    const reason = `party ${left} has left the committee and takes no share`;
    throw new PlatformError('INVALID_INPUT', { field: 'receivers', reason });
  }
  const isEverybody = present.every((member) => signers.includes(member));
  const parts = partsFor(party, about, isEverybody);
  return { dealers, receivers, threshold, signers, parts };
}

/** What dealers say of a key that a node holds itself. */
type Claim = Pick<SharedKey, 'publicKey' | 'chainCode'>;

/**
 * Neither the worker nor the dealers put another key, or the key of another organisation, in the place
 * of what this node holds: it would erase its share of the old one.
 * @throws EVIDENCE_REJECTED
 */
export function requireSameKey(
  { keys }: Pick<Store, 'keys'>,
  about: About,
  claim: Claim | undefined = keys.get(about.keyId)?.record,
): void {
  const held = keys.get(about.keyId);
  if (held?.committed !== true || claim === undefined) return;
  const { organization, scheme, publicKey, chainCode } = held.record;
  const isSame =
    organization === about.organization &&
    scheme === about.scheme &&
    equalBytes(publicKey, claim.publicKey) &&
    equalBytes(chainCode, claim.chainCode);
  if (isSame) return;
  throw new PlatformError('EVIDENCE_REJECTED', {
    field: 'key',
    reason: 'this is another key here',
  });
}

/** Who has left takes part in setting up pairs only because he is in the session, and may miss one of them. */
const presentDealers = ({ committee }: Party, { dealers }: Pick<Plan, 'dealers'>) =>
  dealers.filter((dealer) => memberOf(committee, dealer) !== undefined);

type Asked = Pick<Plan, 'dealers' | 'receivers' | 'threshold'>;

const operationOf = ({ keyId }: About, { receivers, threshold }: Asked) =>
  ({ operation: 'reshare', key: keyId, receivers, threshold }) as const;

/**
 * Who joins cannot compare what the dealers say with anything: they must be so many that one of them
 * is honest, or its own operator vouches for them.
 * @throws OPERATOR_APPROVAL_REQUIRED
 */
export function requireKnownOrVouched(
  { committee, store, approvals }: Pick<Party, 'committee' | 'store' | 'approvals'>,
  about: About,
  plan: Asked,
): void {
  const isKnown = store.keys.get(about.keyId)?.committed === true;
  const { threshold, members, previous } = committee;
  const among = (parties: readonly PartyId[]): number =>
    plan.dealers.filter((dealer) => parties.includes(dealer)).length;
  const isHonest =
    among(members.map(({ party }) => party)) >= threshold ||
    (previous !== undefined && among(previous.parties) >= previous.threshold);
  if (isKnown || isHonest) return;
  approvals.require(operationOf(about, plan));
}

/**
 * A dealer's share helps to make new ones: its operator must have said so, and so many must deal that
 * those who stay behind cannot sign.
 */
export function requireWord(
  party: Pick<Party, 'me' | 'committee' | 'store' | 'approvals'>,
  about: About,
  plan: Asked,
): Approval {
  const key = heldKey(party.store, about.keyId);
  requireSigners(party, plan.dealers, contributorsOf(key), key.parties);
  return party.approvals.require(operationOf(about, plan));
}

const describe = ({ epoch, provenance, from, wallets }: Description): string =>
  canonicalText({
    epoch,
    provenance,
    threshold: from.threshold,
    publicKey: hex(from.publicKey),
    chainCode: hex(from.chainCode),
    holders: from.parties.map((party) => ({
      party,
      verifyingShare: hex(from.verifyingShares.get(party) as Bytes),
    })),
    wallets: wallets.map((one) => ({ ...one })),
  });

type DescriptionFields = {
  readonly epoch: number;
  readonly provenance: KeyRecord['provenance'];
  readonly threshold: number;
  readonly publicKey: string;
  readonly chainCode: string;
  readonly holders: readonly { readonly party: PartyId; readonly verifyingShare: string }[];
  readonly wallets: readonly Registration[];
};

/** All dealers said exactly this, and one of them is honest: its shape is one of ours. */
function readDescription(text: string): Description {
  const fields = JSON.parse(text) as DescriptionFields;
  const { epoch, provenance, threshold, holders, wallets } = fields;
  const shares = holders.map(
    ({ party, verifyingShare }) => [party, parseHex(verifyingShare)] as const,
  );
  const from: SharedKey = {
    parties: holders.map(({ party }) => party),
    threshold,
    publicKey: parseHex(fields.publicKey),
    chainCode: parseHex(fields.chainCode),
    verifyingShares: new Map(shares),
  };
  return { epoch, provenance, from, wallets };
}

/** The key as all dealers describe it. @throws ProtocolAbort */
async function hearDescription(
  session: Session,
  party: Party,
  { keyId, scheme }: About,
  { dealers }: Plan,
): Promise<Description> {
  const { me, store, wallets } = party;
  const own = dealers.includes(me) ? heldKey(store, keyId) : undefined;
  const word =
    own === undefined
      ? ''
      : describe({ ...own, from: lifeOf(scheme).describe(own.share), wallets: wallets.of(keyId) });
  const incoming = await session.exchange({ broadcast: utf8(word) });
  const words = dealers.map((dealer) =>
    dealer === me ? word : new TextDecoder().decode(incoming.get(dealer)?.broadcast),
  );
  const [first] = words as [string];
  if (words.some((one) => one !== first)) {
    throw new ProtocolAbort('inconsistent', 'DESCRIPTION_MISMATCH');
  }
  return readDescription(first);
}

/** The first phase: successors on disk everywhere, and signatures under them. */
async function reshareOnce(
  session: Session,
  party: Party,
  about: About,
  plan: Plan,
): Promise<void> {
  const { me, store, perform } = party;
  const { keyId, organization, scheme } = about;
  const { dealers, receivers, threshold, signers, parts } = plan;
  const { epoch, provenance, from, wallets } = await hearDescription(session, party, about, plan);
  requireSameKey(store, about, from);
  let pairs = store.pairs.get(organization)?.record.pairs ?? new Map<PartyId, Bytes>();
  if (parts.some(({ stage }) => stage === 'pairs')) {
    const staying = presentDealers(party, plan);
    const surePairs = staying.length === 0 ? dealers : staying;
    const hedge = hedgeOf(store.identity);
    const ceremony = { me, parties: signers, context: session.context('pairs'), hedge };
    ({ pairs } = await session.run(perform('setUpPairs', ceremony)));
    const made = { epoch: pairEpochAmong(session, surePairs) + 1, sid: session.sid };
    await store.pairs.prepare({ organization, ...made, pairs });
  }
  const own = dealers.includes(me) ? { share: heldKey(store, keyId).share } : {};
  const context = session.context('reshare');
  const sharing = { scheme, me, from, dealers, receivers, threshold, context, ...own };
  const { share } = await session.run(perform('reshare', sharing));
  const { publicKey, chainCode } = from;
  const held = { parties: receivers, threshold, provenance, publicKey, chainCode };
  const made = { epoch: epoch + 1, sid: session.sid, share: share ?? new Uint8Array() };
  await store.keys.prepare({ ...about, ...held, ...made });
  await agreeOn(session, 'prepared', canonicalText({ epoch: epoch + 1, key: hex(publicKey) }));
  const tested = { me, parties: receivers, threshold, scheme, share, pairs };
  await testSignatures(session, perform, tested);
  for (const registration of wallets) await joinWallet(party, registration);
}

/**
 * Who joins may come back with an older one. The dealers have settled on one session's pairs, and its
 * number is what all of them say: nobody counts it up to where it ends.
 * @throws ProtocolAbort `inconsistent` `PAIR_EPOCH_MISMATCH`
 */
export function pairEpochAmong(
  { hellos }: Pick<Session, 'hellos'>,
  dealers: readonly PartyId[],
): number {
  const [first = FIRST_EPOCH, ...others] = dealers.map((dealer) => {
    const held = hellos.get(dealer)?.pairs;
    return held?.state === 'COMMITTED' ? held.epoch : FIRST_EPOCH;
  });
  const isSame = others.every((epoch) => epoch === first);
  if (!isSame) throw new ProtocolAbort('inconsistent', 'PAIR_EPOCH_MISMATCH');
  return first;
}

/** A node that joins writes down what the holders know of the key's wallets. */
async function joinWallet(party: Party, registration: Registration): Promise<void> {
  if (party.wallets.find(registration.wallet)?.key === registration.key) return;
  await party.wallets.register(registration);
}
