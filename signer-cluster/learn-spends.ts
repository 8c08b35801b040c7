/**
 * Spends that other nodes have in writing and this one has missed. Each counts here from now on, also
 * where it is over a limit by now: it may be paid. That an initiator signed it is enough to be counted,
 * and no node can invent that; whether it may be signed is asked elsewhere.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { hex, parseBase64url, parseHex, utf8 } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { parseInstant } from '#core/time.ts';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { relyingPartyOf, requireAssertion } from '#mandate/assertion.ts';
import type { AuthorityState } from '#mandate/authority/state.ts';
import { parseIntent } from '#mandate/intent.ts';
import { type Conversation, activeKey } from './party.ts';
import type { Result } from './proto/frames.ts';
import type { LearnRequest, MandateFields } from './proto/open-request.ts';
import type { Spend } from './spends.ts';
import type { KeyRecord } from './store.ts';

/** @throws EVIDENCE_REJECTED for the first one that no initiator signed; those before it are learned */
export async function serveLearn({ party }: Conversation, open: LearnRequest): Promise<Result> {
  const key = activeKey(party, open.keyId);
  const state = party.authority.find(key.organization);
  if (state === undefined)
    throw rejected('organization', 'this node does not know the organisation');
  for (const mandate of open.mandates) {
    await party.spends.learn(initiatedSpend(mandate, key, state));
  }
  return { publicKey: '', signatures: [], presignatures: [] };
}

const rejected = (field: string, reason: string): PlatformError =>
  new PlatformError('EVIDENCE_REJECTED', { field, reason });

/** The initiator may have left since: what was signed then may still be paid. */
function initiatedSpend(mandate: MandateFields, key: KeyRecord, state: AuthorityState): Spend {
  const intent = parseIntent(mandate.intent);
  if (intent.organization !== key.organization) {
    throw rejected('organization', 'the key belongs to another organisation');
  }
  if (mandate.initiator.statement !== mandate.intent) {
    throw rejected('initiator', 'something else was signed');
  }
  const credential = state.credentials.get(mandate.initiator.credentialId);
  if (credential?.user !== intent.initiator) {
    throw rejected('initiator', 'it was not signed by the initiator');
  }
  const { kind, publicKey } = credential;
  const registered = { kind, publicKey: parseBase64url(publicKey) };
  requireAssertion(mandate.initiator, registered, relyingPartyOf(state.origin));
  const network = findNetwork(intent.network);
  const payloads = verbsOf(network).payloads(network, parseHex(mandate.unsigned, 'unsigned'));
  return {
    id: hex(sha256(utf8(mandate.intent))),
    organization: key.organization,
    key: key.keyId,
    digests: payloads.map(({ digest }) => hex(digest)),
    created: parseInstant(intent.created),
    expires: parseInstant(intent.expires),
  };
}
