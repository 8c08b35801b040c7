/** What a worker may ask of a node in the opening of a session: one shape for each purpose. */
import {
  FrameRefused,
  type Fields,
  count,
  exactly,
  hexText,
  list,
  parties,
  text,
} from './fields.ts';
import { mandate, statement } from './read-mandate.ts';
import {
  type ConfirmationFields,
  type ReceiptFields,
  readConfirmation,
  readCut,
  readHeardStart,
  readReceipt,
} from './receipt-fields.ts';

/** The parts of the mandate as they travel: texts as they were signed, the transaction in hex. */
export type MandateFields = {
  readonly intent: string;
  readonly unsigned: string;
  readonly initiator: StatementFields;
  readonly policy: { readonly hash: string; readonly version: number };
  readonly approvals: readonly StatementFields[];
  /** What the gateway says of the asset's price, maybe nothing. */
  readonly quotes: readonly QuoteFields[];
  /** What a screening provider has signed, where the policy reads a screening. */
  readonly screening: ScreeningFields | null;
  /** The proof of its entries in the audit log; empty where there is none. */
  readonly log: string;
};

export type ScreeningFields = { readonly statement: string; readonly signature: string };

export type QuoteFields = {
  readonly currency: string;
  readonly price: string;
  readonly asOf: string;
  readonly maxAgeMs: number;
};

export type StatementFields = {
  readonly statement: string;
  readonly credentialId: string;
  readonly authenticatorData: string;
  readonly clientDataJSON: string;
  readonly signature: string;
};

export type CreateKeyRequest = {
  readonly purpose: 'createKey';
  readonly keyId: string;
  readonly organization: string;
  readonly scheme: string;
  readonly signers: readonly number[];
};

/** New shares of a key for all who hold it. */
export type RefreshKeyRequest = {
  readonly purpose: 'refreshKey';
  readonly keyId: string;
  readonly signers: readonly number[];
};

/** Other holders or another threshold. The dealers hold shares, and the receivers will. */
export type ReshareKeyRequest = {
  readonly purpose: 'reshareKey';
  readonly keyId: string;
  readonly organization: string;
  readonly scheme: string;
  readonly dealers: readonly number[];
  readonly receivers: readonly number[];
  readonly threshold: number;
};

export type ImportKeyRequest = {
  readonly purpose: 'importKey';
  readonly keyId: string;
  readonly organization: string;
  readonly scheme: string;
  /** What the dealer wrote. */
  readonly dealing: string;
  readonly signers: readonly number[];
};

export type ExportKeyRequest = {
  readonly purpose: 'exportKey';
  readonly keyId: string;
  /** The recipient's X25519 key in hex. */
  readonly recipient: string;
  readonly signers: readonly number[];
};

/** Asked of each node alone. */
export type DescribeKeyRequest = { readonly purpose: 'describeKey'; readonly keyId: string };

/** Asked of each node alone: it takes no other node to write down which key a wallet has. */
export type RegisterWalletRequest = {
  readonly purpose: 'registerWallet';
  readonly keyId: string;
  readonly organization: string;
  readonly wallet: string;
  readonly path: string;
};

/**
 * Asked of each node alone: the texts of an authority log's entries from `from` on, maybe none. With
 * receipts of a quorum for the head after the last of them, they may be of any age.
 */
export type AuthorityRequest = {
  readonly purpose: 'authority';
  readonly organization: string;
  readonly from: number;
  readonly entries: readonly string[];
  readonly head: { readonly sequence: number; readonly hash: string };
  readonly receipts: readonly ReceiptFields[];
};

/** Asked of each node alone: to write a spend down, and to answer with a receipt. */
export type ReserveRequest = {
  readonly purpose: 'reserve';
  readonly keyId: string;
  readonly mandate: MandateFields;
  /** The head of the organisation's authority log where the worker has it: who is behind says so. */
  readonly authority: number;
};

/** Asked of each node alone, with a quorum's receipts of one spend: which spends it knows. */
export type ConfirmRequest = {
  readonly purpose: 'confirm';
  readonly keyId: string;
  readonly intent: string;
  readonly digests: readonly string[];
  readonly receipts: readonly ReceiptFields[];
  /** Where each range of spends ends that the node tells of (`known-spends.ts`). */
  readonly untils: readonly string[];
};

/** Spends that other nodes have in writing and this one has not. */
export type LearnRequest = {
  readonly purpose: 'learn';
  readonly keyId: string;
  readonly mandates: readonly MandateFields[];
};

/** Asked of each node alone: to do nothing more for a payment, and to say so. */
export type WithdrawRequest = {
  readonly purpose: 'withdraw';
  readonly keyId: string;
  /** Its canonical text, as the initiator signed it. */
  readonly intent: string;
  readonly initiator: StatementFields;
};

/** Asked of each node alone: to count a payment no more, because these nodes have withdrawn from it. */
export type BuryRequest = {
  readonly purpose: 'bury';
  readonly keyId: string;
  /** The hash of the intent. */
  readonly intent: string;
  readonly withdrawals: readonly ReceiptFields[];
};

/** Asked of each node alone: what it has counted, for the record that follows the one it was a member of. */
export type HandoverRequest = { readonly purpose: 'handover'; readonly from: number };

/** Asked of each node alone: to count what those of the record before have told. */
export type TakeHandoverRequest = {
  readonly purpose: 'takeHandover';
  readonly pages: readonly ReceiptFields[];
};

/** Asked of each node alone: which starts it has heard of, and its own. */
export type StartsRequest = { readonly purpose: 'starts' };

/** Asked of each node alone: to sign what its present start is called, and which one that is to replace where. */
export type StartRequest = {
  readonly purpose: 'start';
  readonly replaces: readonly { readonly party: number; readonly start: string }[];
};

/** Asked of each node alone: to rely on nothing that these nodes said before these starts. */
export type TakeStartsRequest = {
  readonly purpose: 'takeStarts';
  readonly starts: readonly ReceiptFields[];
};

/** Asked of each node alone: to go on, by what the others have heard of it. */
export type StandRequest = { readonly purpose: 'stand'; readonly told: readonly ReceiptFields[] };

export type SignRequest = {
  readonly purpose: 'sign';
  readonly keyId: string;
  readonly signers: readonly number[];
  readonly mandate: MandateFields;
  /** Of a quorum, where the node has the organisation's authority log. */
  readonly receipts: readonly ReceiptFields[];
  readonly confirmations: readonly ConfirmationFields[];
  /** Ids of presignatures of this key and set, one for each payload, or none. */
  readonly presignatures: readonly string[];
};

/** A node's wish for presignatures, which it has signed: a worker passes it on and cannot make one. */
export type PresignRequest = {
  readonly purpose: 'presign';
  readonly keyId: string;
  readonly signers: readonly number[];
  /** One of the signers. */
  readonly initiator: number;
  readonly count: number;
  /** 32 bytes in hex that the initiator accepts once. */
  readonly nonce: string;
  /** 64 bytes in hex: Ed25519 by the initiator's identity over all of the above. */
  readonly signature: string;
};

export type OpenRequest =
  | CreateKeyRequest
  | RefreshKeyRequest
  | ReshareKeyRequest
  | ImportKeyRequest
  | ExportKeyRequest
  | DescribeKeyRequest
  | RegisterWalletRequest
  | AuthorityRequest
  | ReserveRequest
  | ConfirmRequest
  | LearnRequest
  | WithdrawRequest
  | BuryRequest
  | HandoverRequest
  | TakeHandoverRequest
  | StartsRequest
  | StartRequest
  | TakeStartsRequest
  | StandRequest
  | SignRequest
  | PresignRequest;

export type Purpose = OpenRequest['purpose'];

/** The request with this purpose. */
export type RequestOf<P extends Purpose> = Extract<OpenRequest, { readonly purpose: P }>;

const READERS: { readonly [P in Purpose]: (value: unknown) => RequestOf<P> } = {
  createKey,
  refreshKey,
  reshareKey,
  importKey,
  exportKey,
  describeKey,
  registerWallet,
  authority,
  reserve,
  confirm,
  learn,
  withdraw,
  bury,
  handover,
  takeHandover,
  starts,
  start,
  takeStarts,
  stand,
  sign,
  presign: presignRequest,
};

/** @throws FrameRefused when the purpose is unknown, or a field is missing or foreign. */
export function openRequest(value: unknown): OpenRequest {
  const purpose = (value as Fields | null)?.['purpose'];
  if (typeof purpose !== 'string' || !Object.hasOwn(READERS, purpose)) {
    throw new FrameRefused('unknown purpose');
  }
  return READERS[purpose as Purpose](value);
}

function createKey(value: unknown): CreateKeyRequest {
  const names = ['purpose', 'keyId', 'organization', 'scheme', 'signers'];
  const fields = exactly(value, names, 'createKey');
  return {
    purpose: 'createKey',
    keyId: text(fields['keyId'], 'keyId'),
    organization: text(fields['organization'], 'organization'),
    scheme: text(fields['scheme'], 'scheme'),
    signers: parties(fields['signers']),
  };
}

function handover(value: unknown): HandoverRequest {
  const { from } = exactly(value, ['purpose', 'from'], 'handover');
  return { purpose: 'handover', from: count(from, 'from') };
}

function takeHandover(value: unknown): TakeHandoverRequest {
  const { pages } = exactly(value, ['purpose', 'pages'], 'takeHandover');
  return { purpose: 'takeHandover', pages: list(pages, 'pages', readReceipt) };
}

function starts(value: unknown): StartsRequest {
  exactly(value, ['purpose'], 'starts');
  return { purpose: 'starts' };
}

function start(value: unknown): StartRequest {
  const { replaces } = exactly(value, ['purpose', 'replaces'], 'start');
  return { purpose: 'start', replaces: list(replaces, 'replaces', readHeardStart) };
}

function takeStarts(value: unknown): TakeStartsRequest {
  const fields = exactly(value, ['purpose', 'starts'], 'takeStarts');
  return { purpose: 'takeStarts', starts: list(fields['starts'], 'starts', readReceipt) };
}

function stand(value: unknown): StandRequest {
  const { told } = exactly(value, ['purpose', 'told'], 'stand');
  return { purpose: 'stand', told: list(told, 'told', readReceipt) };
}

function refreshKey(value: unknown): RefreshKeyRequest {
  const fields = exactly(value, ['purpose', 'keyId', 'signers'], 'refreshKey');
  return {
    purpose: 'refreshKey',
    keyId: text(fields['keyId'], 'keyId'),
    signers: parties(fields['signers']),
  };
}

function reshareKey(value: unknown): ReshareKeyRequest {
  const names = ['keyId', 'organization', 'scheme', 'dealers', 'receivers', 'threshold'];
  const fields = exactly(value, ['purpose', ...names], 'reshareKey');
  return {
    purpose: 'reshareKey',
    keyId: text(fields['keyId'], 'keyId'),
    organization: text(fields['organization'], 'organization'),
    scheme: text(fields['scheme'], 'scheme'),
    dealers: parties(fields['dealers']),
    receivers: parties(fields['receivers']),
    threshold: count(fields['threshold'], 'threshold'),
  };
}

function importKey(value: unknown): ImportKeyRequest {
  const names = ['purpose', 'keyId', 'organization', 'scheme', 'dealing', 'signers'];
  const fields = exactly(value, names, 'importKey');
  return {
    purpose: 'importKey',
    keyId: text(fields['keyId'], 'keyId'),
    organization: text(fields['organization'], 'organization'),
    scheme: text(fields['scheme'], 'scheme'),
    dealing: text(fields['dealing'], 'dealing'),
    signers: parties(fields['signers']),
  };
}

function exportKey(value: unknown): ExportKeyRequest {
  const fields = exactly(value, ['purpose', 'keyId', 'recipient', 'signers'], 'exportKey');
  return {
    purpose: 'exportKey',
    keyId: text(fields['keyId'], 'keyId'),
    recipient: hexText(fields['recipient'], 'recipient', 32),
    signers: parties(fields['signers']),
  };
}

function describeKey(value: unknown): DescribeKeyRequest {
  const fields = exactly(value, ['purpose', 'keyId'], 'describeKey');
  return { purpose: 'describeKey', keyId: text(fields['keyId'], 'keyId') };
}

function registerWallet(value: unknown): RegisterWalletRequest {
  const names = ['purpose', 'keyId', 'organization', 'wallet', 'path'];
  const fields = exactly(value, names, 'registerWallet');
  return {
    purpose: 'registerWallet',
    keyId: text(fields['keyId'], 'keyId'),
    organization: text(fields['organization'], 'organization'),
    wallet: text(fields['wallet'], 'wallet'),
    path: text(fields['path'], 'path'),
  };
}

function authority(value: unknown): AuthorityRequest {
  const names = ['purpose', 'organization', 'from', 'entries', 'head', 'receipts'];
  const fields = exactly(value, names, 'authority');
  const head = exactly(fields['head'], ['sequence', 'hash'], 'a head');
  return {
    purpose: 'authority',
    organization: text(fields['organization'], 'organization'),
    from: count(fields['from'], 'from'),
    entries: list(fields['entries'], 'entries', (entry) => text(entry, 'an entry')),
    head: { sequence: count(head['sequence'], 'sequence'), hash: hash(head['hash']) },
    receipts: list(fields['receipts'], 'receipts', readReceipt),
  };
}

function reserve(value: unknown): ReserveRequest {
  const fields = exactly(value, ['purpose', 'keyId', 'mandate', 'authority'], 'reserve');
  return {
    purpose: 'reserve',
    keyId: text(fields['keyId'], 'keyId'),
    mandate: mandate(fields['mandate']),
    authority: count(fields['authority'], 'authority'),
  };
}

function confirm(value: unknown): ConfirmRequest {
  const names = ['purpose', 'keyId', 'intent', 'digests', 'receipts', 'untils'];
  const fields = exactly(value, names, 'confirm');
  return {
    purpose: 'confirm',
    keyId: text(fields['keyId'], 'keyId'),
    intent: hash(fields['intent']),
    digests: list(fields['digests'], 'digests', hash),
    receipts: list(fields['receipts'], 'receipts', readReceipt),
    untils: list(fields['untils'], 'untils', readCut),
  };
}

function learn(value: unknown): LearnRequest {
  const fields = exactly(value, ['purpose', 'keyId', 'mandates'], 'learn');
  return {
    purpose: 'learn',
    keyId: text(fields['keyId'], 'keyId'),
    mandates: list(fields['mandates'], 'mandates', mandate),
  };
}

function withdraw(value: unknown): WithdrawRequest {
  const fields = exactly(value, ['purpose', 'keyId', 'intent', 'initiator'], 'withdraw');
  return {
    purpose: 'withdraw',
    keyId: text(fields['keyId'], 'keyId'),
    intent: text(fields['intent'], 'intent'),
    initiator: statement(fields['initiator']),
  };
}

function bury(value: unknown): BuryRequest {
  const fields = exactly(value, ['purpose', 'keyId', 'intent', 'withdrawals'], 'bury');
  return {
    purpose: 'bury',
    keyId: text(fields['keyId'], 'keyId'),
    intent: hash(fields['intent']),
    withdrawals: list(fields['withdrawals'], 'withdrawals', readReceipt),
  };
}

const hash = (value: unknown): string => hexText(value, 'a hash', 32);

function sign(value: unknown): SignRequest {
  const names = [
    'purpose',
    'keyId',
    'signers',
    'mandate',
    'receipts',
    'confirmations',
    'presignatures',
  ];
  const fields = exactly(value, names, 'sign');
  return {
    purpose: 'sign',
    keyId: text(fields['keyId'], 'keyId'),
    signers: parties(fields['signers']),
    mandate: mandate(fields['mandate']),
    receipts: list(fields['receipts'], 'receipts', readReceipt),
    confirmations: list(fields['confirmations'], 'confirmations', readConfirmation),
    presignatures: list(fields['presignatures'], 'presignatures', presignatureId),
  };
}

export const presignatureId = (value: unknown): string => hexText(value, 'a presignature', 32);

/** @throws FrameRefused when a field is missing or foreign. */
export function presignRequest(value: unknown): PresignRequest {
  const names = ['purpose', 'keyId', 'signers', 'initiator', 'count', 'nonce', 'signature'];
  const fields = exactly(value, names, 'presign');
  if (fields['purpose'] !== 'presign') throw new FrameRefused('unknown purpose');
  return {
    purpose: 'presign',
    keyId: text(fields['keyId'], 'keyId'),
    signers: parties(fields['signers']),
    initiator: count(fields['initiator'], 'initiator'),
    count: count(fields['count'], 'count'),
    nonce: hexText(fields['nonce'], 'nonce', 32),
    signature: hexText(fields['signature'], 'signature', 64),
  };
}
