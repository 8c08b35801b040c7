/**
 * Receipts: what a node signs once it has something in writing, and how whoever relies on it checks
 * that. A receipt of a node is worth its word; a quorum of them is worth an honest node's
 * (`quorum.ts`).
 */
import { type KeyObject, createPublicKey, verify } from 'node:crypto';
import { sha256 } from '@noble/hashes/sha2.js';
import { type Bytes, base64url, hex, parseHex, utf8 } from '#core/bytes.ts';
import { type Canonical, canonicalText } from '#core/canonical.ts';
import { PlatformError, isPlatformError } from '#core/errors.ts';
import { type Shape, requireQuorum, witnessesOf } from './quorum.ts';
import { parseStatement } from './statement.ts';

export const RECEIPT_DOMAIN = 'countersign/receipt/v1';

/** Of a log: how many entries follow the first one, and the hash of the last, in hex. */
export type Head = { readonly sequence: number; readonly hash: string };

/** Hashes in hex; `key` is the id of the key that is to sign, `digests` are what it is to sign. */
export type SpendSubject = {
  readonly kind: 'spend';
  readonly organization: string;
  readonly key: string;
  readonly intent: string;
  readonly digests: readonly string[];
};

/** A change of authority: the log's head once it is in. */
export type ChangeSubject = {
  readonly kind: 'change';
  readonly organization: string;
  readonly authority: Head;
};

/**
 * That the node has seen a quorum's receipts of this spend, and which spends it knew then: how many were
 * made after `since` (milliseconds since 1970), and the digest of their intents' hashes.
 */
export type ConfirmationSubject = {
  readonly kind: 'confirmation';
  readonly organization: string;
  readonly intent: string;
  readonly receipts: string;
};

export type Subject = SpendSubject | ChangeSubject | ConfirmationSubject;

/** What a node adds of its own. */
export type OwnWord = { readonly [field: string]: Canonical };

/** Canonical text, and Ed25519 over its UTF-8 bytes by the node's identity, 64 bytes in hex. */
export type Receipt = { readonly statement: string; readonly signature: string };

/** The nodes that may give receipts: their committee's hash in hex, and their identity keys. */
export type Notaries = Shape & {
  readonly committee: string;
  /** By party, 32 bytes each. */
  readonly keys: ReadonlyMap<number, Bytes>;
};

/** A node's signature, 64 bytes. */
export type SignAsNode = (message: Bytes) => Bytes;

export function makeReceipt(
  node: { readonly committee: string; readonly party: number; readonly sign: SignAsNode },
  subject: Subject,
  own: OwnWord = {},
): Receipt {
  const { committee, party } = node;
  const statement = canonicalText({ domain: RECEIPT_DOMAIN, committee, party, ...subject, own });
  return { statement, signature: hex(node.sign(utf8(statement))) };
}

/** Names exactly this set of receipts, in whatever order they are held: 32 bytes in hex. */
export const receiptsHash = (receipts: readonly Receipt[]): string =>
  hex(sha256(utf8(canonicalText(receipts.map(({ statement }) => statement).toSorted()))));

export type CheckedReceipt = { readonly party: number; readonly own: OwnWord };

/**
 * Checks that the receipt is of a member and about exactly this subject.
 * @throws EVIDENCE_REJECTED with the field `receipts`
 */
export function checkReceipt(
  receipt: Receipt,
  subject: Subject,
  notaries: Notaries,
): CheckedReceipt {
  const fields = ['committee', 'party', 'own', ...Object.keys(subject)];
  const said = reading(() => parseStatement(receipt.statement, RECEIPT_DOMAIN, fields));
  const { party, own } = said;
  const isOwn = typeof own === 'object' && own !== null && !Array.isArray(own);
  if (typeof party !== 'number' || !isOwn) throw refused('it is malformed');
  const { committee } = notaries;
  const expected = canonicalText({ domain: RECEIPT_DOMAIN, committee, party, ...subject, own });
  if (expected !== receipt.statement) throw refused('it is about something else');
  const key = notaries.keys.get(party);
  if (key === undefined) throw refused(`party ${party} is no member of the committee`);
  const signature = reading(() => parseHex(receipt.signature, 'signature'));
  if (!verify(null, utf8(receipt.statement), publicKeyOf(key), signature)) {
    throw refused(`it was not signed by party ${party}`);
  }
  return { party, own: own as OwnWord };
}

/**
 * Those that hold. One that does not is worth nothing, and takes nothing from the others: otherwise a single
 * corrupted node could stop every payment by a bad one.
 */
export function soundReceipts(
  receipts: readonly Receipt[],
  subject: Subject,
  notaries: Notaries,
): readonly CheckedReceipt[] {
  // More than one of each node says nothing more, and costs a signature's check each.
  return receipts.slice(0, notaries.members).flatMap((receipt) => {
    try {
      return [checkReceipt(receipt, subject, notaries)];
    } catch (error) {
      if (!isPlatformError(error, 'EVIDENCE_REJECTED')) throw error;
      return [];
    }
  });
}

/**
 * Those that hold, when a quorum of nodes has given them.
 * @throws SIGNERS_UNAVAILABLE when there are too few
 */
export function requireReceipts(
  receipts: readonly Receipt[],
  subject: Subject,
  notaries: Notaries,
): readonly CheckedReceipt[] {
  const sound = soundReceipts(receipts, subject, notaries);
  requireQuorum(
    notaries,
    sound.map(({ party }) => party),
    'receipts',
  );
  return sound;
}

/**
 * Of those that hold there must be enough that an honest node has given one.
 * @throws EVIDENCE_REJECTED with the field `receipts`
 */
export function requireWitnesses(
  receipts: readonly Receipt[],
  subject: Subject,
  notaries: Notaries,
): void {
  const parties = soundReceipts(receipts, subject, notaries).map(({ party }) => party);
  if (new Set(parties).size >= witnessesOf(notaries)) return;
  throw refused('too few nodes have given one');
}

const refused = (why: string): PlatformError =>
  new PlatformError('EVIDENCE_REJECTED', { field: 'receipts', reason: `a receipt: ${why}` });

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isPlatformError(error, 'INVALID_INPUT')) throw error;
    throw refused('it is malformed');
  }
}

/** A committee's keys do not change, and importing one costs as much as using it. */
const imported = new WeakMap<Bytes, KeyObject>();

function publicKeyOf(key: Bytes): KeyObject {
  const known = imported.get(key);
  if (known !== undefined) return known;
  const made = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: base64url(key) },
    format: 'jwk',
  });
  imported.set(key, made);
  return made;
}
