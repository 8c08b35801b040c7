/** Taking in a key that existed outside: dealt to all nodes, refreshed at once, marked as imported. */
import { type Bytes, hex, utf8 } from '#core/bytes.ts';
import { canonicalText, hashOf } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import { parseScheme } from '#core/scheme.ts';
import { type SealedDealing, openDealing, parseDealing } from '#signing/lifecycle/dealing-text.ts';
import type { Approval } from './approvals.ts';
import { agreeOnPart, chainCodeOf, completeSid } from './create-key.ts';
import { ANY_EPOCH } from './hello.ts';
import { hedgeOf, secretOf } from './identity.ts';
import { requireOrdered } from './key-order.ts';
import { type Conversation, type Party, begin, requireSigners, reserve } from './party.ts';
import type { Result } from './proto/frames.ts';
import type { ImportKeyRequest } from './proto/open-request.ts';
import { schemeOf } from './protocols.ts';
import type { Session } from './session.ts';
import { FIRST_EPOCH, type KeyRecord, pairEpochOf } from './store.ts';

type Importing = {
  readonly about: Pick<KeyRecord, 'keyId' | 'organization' | 'scheme'>;
  readonly dealing: SealedDealing;
  readonly publicKey: Bytes;
  readonly dealt: Bytes;
};

/** Every scheme's share has one, also where nothing is derived. */
const CHAIN_CODE_BYTES = 32;

const refused = (reason: string): PlatformError =>
  new PlatformError('EVIDENCE_REJECTED', { field: 'dealing', reason });

/** @throws INVALID_INPUT, EVIDENCE_REJECTED, IDEMPOTENCY_CONFLICT */
function readRequest({ me, store, committee }: Party, open: ImportKeyRequest): Importing {
  const dealing = parseDealing(open.dealing);
  const { parties, coefficients, chainCode } = dealing.announcement;
  const members = committee.members.map(({ party }) => party);
  if (parties.join() !== members.join()) throw refused('it was not dealt to this committee');
  if (chainCode.length !== CHAIN_CODE_BYTES) throw refused('its chain code has not 32 bytes');
  const dealt = openDealing(dealing, me, secretOf(store.identity.encryption));
  const [publicKey] = coefficients;
  if (dealt === undefined || publicKey === undefined) throw refused('its box does not open here');
  const about = {
    keyId: parseId('key', open.keyId, 'keyId'),
    organization: parseId('organization', open.organization, 'organization'),
    scheme: parseScheme(open.scheme),
  };
  const held = store.keys.get(about.keyId)?.record;
  const isSame =
    held === undefined ||
    (held.provenance === 'imported' && hex(held.publicKey) === hex(publicKey));
  if (!isSame) throw new PlatformError('IDEMPOTENCY_CONFLICT', { reason: 'this key id is taken' });
  return { about, dealing, publicKey, dealt };
}

/** @throws PlatformError, ProtocolAbort, EnvelopeRefused, FrameRefused, SessionGone */
export async function serveImportKey(
  conversation: Conversation,
  open: ImportKeyRequest,
): Promise<Result> {
  const { party, stream, about } = conversation;
  const { committee, store, distrust, making, approvals } = party;
  const importing = readRequest(party, open);
  const { keyId, organization, scheme } = importing.about;
  const { signers, dealing } = open;
  requireOrdered(party, importing.about, 'importKey', { scheme, dealing });
  requireSigners(party, signers, committee.members.length);
  const approval = approvals.find({
    operation: 'import',
    key: keyId,
    organization,
    scheme,
    publicKey: hex(importing.publicKey),
  });
  about.circle = { organization, epoch: pairEpochOf(store, organization), signers };
  distrust.requireTrusted(about.circle);
  const release = reserve(making, [keyId, organization]);
  try {
    stream.send({ type: 'accepted', content: { publicKey: '' } });
    const request = hashOf({ domain: 'countersign/import-request/v1', dealing: open.dealing });
    const session = await begin(conversation, {
      ...importing.about,
      committee: committee.hash,
      purpose: 'importKey',
      signers,
      ...ANY_EPOCH,
      request,
    });
    await party.guard.recordSession(session.sid, keyId);
    // All nodes decide from the same hellos, so that they go on alike. What each of them holds was made
    // by words that each of them heard.
    const isMade = completeSid([...session.hellos.values()].map(({ key }) => key)) !== undefined;
    if (!isMade) await requireApprovals(session, approval, committee.threshold);
    await importPart(session, party, importing, approval);
    stream.send({ type: 'document', content: { text: chainCodeOf(store, keyId) } });
    return { publicKey: hex(importing.publicKey), signatures: [], presignatures: [] };
  } finally {
    release();
  }
}

const wordOf = (isApproved: boolean): Bytes =>
  utf8(canonicalText({ stage: 'approval', isApproved }));

/** As many nodes as sign together must say that their operators want this: one of them is honest. */
async function requireApprovals(
  session: Session,
  own: Approval | undefined,
  threshold: number,
): Promise<void> {
  const incoming = await session.exchange({ broadcast: wordOf(own !== undefined) });
  const yes = hex(wordOf(true));
  const others = [...incoming.values()].filter(
    ({ broadcast }) => broadcast !== undefined && hex(broadcast) === yes,
  );
  if (others.length + (own === undefined ? 0 : 1) >= threshold) return;
  throw new PlatformError('OPERATOR_APPROVAL_REQUIRED', {
    reason: `the operators of fewer than ${threshold} nodes have approved this import`,
    hint: 'Run countersign signer approve on the nodes.',
  });
}

async function importPart(
  session: Session,
  party: Party,
  { about, dealing, publicKey, dealt }: Importing,
  approval: Approval | undefined,
): Promise<void> {
  const { me, store, protocols, perform, committee } = party;
  const { keyId, organization, scheme } = about;
  const parties = committee.members.map((member) => member.party);
  const made = { epoch: FIRST_EPOCH, sid: session.sid };
  if (schemeOf(protocols, scheme).needsPairs) {
    await agreeOnPart(session, {
      stage: 'pairs',
      shelf: store.pairs,
      name: organization,
      async make() {
        const hedge = hedgeOf(store.identity);
        const ceremony = { me, parties, context: session.context('pairs'), hedge };
        const { pairs } = await session.run(perform('setUpPairs', ceremony));
        await store.pairs.prepare({ organization, ...made, pairs });
        return 'prepared';
      },
    });
  }
  await agreeOnPart(session, {
    stage: 'key',
    shelf: store.keys,
    name: keyId,
    async make() {
      const { announcement } = dealing;
      const context = session.context('import');
      const taken = { scheme, me, announcement, dealt, publicKey, context };
      const { share } = await session.run(perform('importKey', taken));
      const { threshold, chainCode } = announcement;
      const held = { parties, threshold, provenance: 'imported', publicKey, chainCode } as const;
      await store.keys.prepare({ ...about, ...held, ...made, share });
      return `${hex(publicKey)} ${hex(chainCode)}`;
    },
    // Not earlier: what some of the nodes lack is made again, by the same words.
    words: () => (approval === undefined ? [] : [party.approvals.spend(approval)]),
  });
}
