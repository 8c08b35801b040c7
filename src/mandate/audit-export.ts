/**
 * An export of an audit log: one JSON object a line. First the log's own line, then each entry in its
 * order, with what it rests on, and each checkpoint after the last entry that it covers. The entries of
 * the authority log stand before the first audit entry that was made with them.
 */
import type { AuditDetail, AuditStatement } from '#core/audit-entry.ts';
import { invalidInput } from '#core/errors.ts';
import type { OrganizationId } from '#core/ids.ts';
import type { SignedStatement } from './assertion.ts';
import type { Receipt } from './receipt-text.ts';

export const EXPORT_FORMAT = 'countersign/audit-export/v2';

export type LogLine = {
  readonly kind: 'log';
  readonly format: typeof EXPORT_FORMAT;
  readonly organization: OrganizationId;
};

export type EntryLine = {
  readonly kind: 'entry';
  readonly entry: AuditStatement;
  /** The entry's hash in hex, as it was stored. */
  readonly hash: string;
  /** In hex; both are null where the particulars were erased. */
  readonly salt: string | null;
  readonly detail: AuditDetail | null;
  readonly evidence: EntryEvidence;
};

/** What the particulars of an entry name by its hash. */
export type EntryEvidence = {
  readonly statement?: SignedStatement;
  readonly decision?: DecisionWords;
  /** The bytes that were signed, in hex, before their signatures. */
  readonly unsigned?: string;
  /** Of the nodes that had the payment in writing before it was signed. */
  readonly receipts?: readonly Receipt[];
  /** Of the nodes that hold a wallet's key, about its address. */
  readonly attestations?: readonly Receipt[];
};

/** A decision as it was stored; hashes are in hex. */
export type DecisionWords = {
  readonly id: string;
  readonly decidedAt: string;
  readonly policyVersion: number;
  readonly policyHash: string;
  readonly digest: string;
  readonly snapshot: string;
  readonly trace: string;
};

export type CheckpointLine = { readonly kind: 'checkpoint'; readonly note: string };

/** An entry of the authority log; the genesis is 0. `content` is its canonical text. */
export type AuthorityLine = {
  readonly kind: 'authority';
  readonly sequence: number;
  readonly content: string;
};

export type ExportLine = LogLine | AuthorityLine | EntryLine | CheckpointLine;

const ENTRY_TEXTS = [
  'domain',
  'id',
  'organization',
  'at',
  'actor',
  'action',
  'subject',
  'authority',
  'commitment',
  'previous',
];

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads one line. What an entry's evidence holds is judged where it is used.
 * @throws INVALID_INPUT for anything but a line of an export
 */
export function readExportLine(text: string): ExportLine {
  const value = parsed(text);
  const isLine =
    isLogLine(value) || isAuthorityLine(value) || isEntryLine(value) || isCheckpointLine(value);
  if (isLine) return value;
  throw invalidInput('export', 'not a line of an export', 'Export the log again.');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The reader says what is wrong with it.
    return undefined;
  }
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isLogLine(value: unknown): value is LogLine {
  const { kind, format, organization } = fieldsOf(value);
  return kind === 'log' && format === EXPORT_FORMAT && typeof organization === 'string';
}

function isAuthorityLine(value: unknown): value is AuthorityLine {
  const { kind, sequence, content } = fieldsOf(value);
  return kind === 'authority' && Number.isSafeInteger(sequence) && typeof content === 'string';
}

function isCheckpointLine(value: unknown): value is CheckpointLine {
  const { kind, note } = fieldsOf(value);
  return kind === 'checkpoint' && typeof note === 'string';
}

function isEntryLine(value: unknown): value is EntryLine {
  const { kind, entry, hash, salt, detail, evidence } = fieldsOf(value);
  const statement = fieldsOf(entry);
  return (
    kind === 'entry' &&
    Object.keys(statement).length === ENTRY_TEXTS.length + 1 &&
    ENTRY_TEXTS.every((name) => typeof statement[name] === 'string') &&
    Number.isSafeInteger(statement['sequence']) &&
    typeof hash === 'string' &&
    (salt === null || (typeof salt === 'string' && /^[0-9a-f]{64}$/.test(salt))) &&
    (detail === null || isObject(detail)) &&
    isObject(evidence)
  );
}
