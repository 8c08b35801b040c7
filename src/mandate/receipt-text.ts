/**
 * What receipts say, and the check of everything in one but its signature. Safe in a browser; `receipt.ts`
 * is a node's own, with Node's signatures.
 */
import { type Bytes, parseHex, utf8 } from '#core/bytes.ts';
import { type Canonical, canonicalText } from '#core/canonical.ts';
import { PlatformError, isPlatformError } from '#core/errors.ts';
import type { Shape } from './quorum.ts';
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
 * That the node has seen a quorum's receipts of this spend; its own word is which spends it knew then, in ranges
 * (`known-spends.ts`).
 */
export type ConfirmationSubject = {
  readonly kind: 'confirmation';
  readonly organization: string;
  readonly intent: string;
  readonly receipts: string;
};

/** That no share of this payment has left the node, and that it does nothing more for it (`withdrawal.ts`). */
export type WithdrawalSubject = {
  readonly kind: 'withdrawal';
  readonly organization: string;
  readonly intent: string;
};

/** Some of what a member of the record with this hash has in writing, for those of the one that follows. */
export type HandoverSubject = {
  readonly kind: 'handover';
  readonly previous: string;
  /** How many spends it has told before these. */
  readonly from: number;
};

/**
 * That this is the key and the address of a wallet, which the node has derived by itself along the path that
 * its copy of the authority log has. `holders` are all parties with a share of the key, ascending.
 */
export type WalletSubject = {
  readonly kind: 'wallet';
  readonly organization: string;
  readonly wallet: string;
  readonly key: string;
  readonly scheme: string;
  readonly path: string;
  readonly network: string;
  readonly publicKey: string;
  readonly address: string;
  readonly holders: readonly number[];
};

/** A node has started, under this name (docs/adr/0027). */
export type StartSubject = { readonly kind: 'start'; readonly start: string };

/** What a node has heard of the one with this number that has started under this name. */
export type HeardSubject = {
  readonly kind: 'heard';
  readonly of: number;
  readonly start: string;
};

export type Subject =
  | SpendSubject
  | ChangeSubject
  | ConfirmationSubject
  | WithdrawalSubject
  | HandoverSubject
  | WalletSubject
  | StartSubject
  | HeardSubject;

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

/** A receipt of a member about exactly the subject that was asked for, if its signature holds. */
export type ReadReceipt = CheckedReceipt & {
  readonly key: Bytes;
  readonly message: Bytes;
  readonly signature: Bytes;
};

export type CheckedReceipt = { readonly party: number; readonly own: OwnWord };

/** The keys alone, where the committee's hash is not known beforehand. */
export type NodeKeys = Omit<Notaries, 'committee'>;

export const receiptText = (
  committee: string,
  party: number,
  subject: Subject,
  own: Canonical,
): string => canonicalText({ domain: RECEIPT_DOMAIN, committee, party, ...subject, own });

/** @throws EVIDENCE_REJECTED with the field `receipts` */
export function readReceipt(receipt: Receipt, subject: Subject, notaries: Notaries): ReadReceipt {
  const fields = ['committee', 'party', 'own', ...Object.keys(subject)];
  const said = reading(() => parseStatement(receipt.statement, RECEIPT_DOMAIN, fields));
  const { party, own } = said;
  const isOwn = typeof own === 'object' && own !== null && !Array.isArray(own);
  if (typeof party !== 'number' || !isOwn) throw refusedReceipt('it is malformed');
  const expected = receiptText(notaries.committee, party, subject, own);
  if (expected !== receipt.statement) throw refusedReceipt('it is about something else');
  const key = notaries.keys.get(party);
  if (key === undefined) throw refusedReceipt(`party ${party} is no member of the committee`);
  const signature = reading(() => parseHex(receipt.signature, 'signature'));
  return { party, own: own as OwnWord, key, message: utf8(receipt.statement), signature };
}

/** Whose receipt it says that it is; NaN for a text that is no receipt. */
export function partyOf({ statement }: Pick<Receipt, 'statement'>): number {
  const { party } = JSON.parse(statement) as { readonly party?: unknown };
  return typeof party === 'number' ? party : Number.NaN;
}

export const refusedReceipt = (why: string): PlatformError =>
  new PlatformError('EVIDENCE_REJECTED', { field: 'receipts', reason: `a receipt: ${why}` });

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isPlatformError(error, 'INVALID_INPUT')) throw error;
    throw refusedReceipt('it is malformed');
  }
}
