/**
 * The proof that entries of an audit log are in a checkpoint which a quorum of nodes cosigned. Each
 * entry shows its particulars, so that a node sees which evidence the log holds.
 */
import {
  type AuditDetail,
  auditHash,
  auditLeaf,
  type AuditStatement,
  commitmentOf,
} from '#core/audit-entry.ts';
import { hex, parseHex } from '#core/bytes.ts';
import { type Canonical, canonicalText, hashOf } from '#core/canonical.ts';
import { invalidInput, PlatformError } from '#core/errors.ts';
import type { OrganizationId } from '#core/ids.ts';
import { verifyInclusion } from '#core/merkle-proof.ts';
import type { SignedStatement } from './assertion.ts';
import { canonicalOrUndefined, readJson } from './statement.ts';
import { auditOrigin, requireCosigned, type Witnesses } from './checkpoint.ts';

export const EVIDENCE_DOMAIN = 'countersign/evidence/v1';

/** An entry with what it hides, and its inclusion proof, from the leaf upwards; bytes are in hex. */
export type ProvenEntry = {
  readonly entry: AuditStatement;
  readonly salt: string;
  readonly detail: AuditDetail;
  readonly proof: readonly string[];
};

export type LogProof = {
  /** A signed note. */
  readonly checkpoint: string;
  readonly entries: readonly ProvenEntry[];
};

/** As it travels with a mandate. */
export const logProofText = ({ checkpoint, entries }: LogProof): string =>
  canonicalText({
    checkpoint,
    entries: entries.map(({ entry, salt, detail, proof }) => ({ entry, salt, detail, proof })),
  });

/** A request and hundreds of votes. */
const PROOF_LENGTH_MAX = 1024 * 1024;

/**
 * Reads what `logProofText` writes, and nothing else. What an entry says is not judged here: its hash is a
 * leaf of the log or it is not.
 * @throws INVALID_INPUT
 */
export function parseLogProof(text: string): LogProof {
  if (text.length > PROOF_LENGTH_MAX) throw malformed('longer than the limit');
  const value = objectOf(readJson(text));
  if (canonicalOrUndefined(value) !== text) throw malformed('not canonical');
  const { checkpoint, entries, ...others } = value;
  if (typeof checkpoint !== 'string' || !Array.isArray(entries) || hasAny(others)) {
    throw malformed('not a checkpoint with entries');
  }
  return { checkpoint, entries: (entries as readonly Canonical[]).map(readProven) };
}

function readProven(value: Canonical): ProvenEntry {
  const { entry, salt, detail, proof, ...others } = objectOf(value);
  const { sequence } = objectOf(entry);
  const isLeaf = Number.isSafeInteger(sequence) && (sequence as number) > 0;
  const isProof = Array.isArray(proof) && proof.every((hash) => typeof hash === 'string');
  if (!isLeaf || typeof salt !== 'string' || !isProof || hasAny(others)) {
    throw malformed('not an entry with its proof');
  }
  return {
    entry: entry as AuditStatement,
    salt,
    detail: objectOf(detail),
    proof,
  };
}

const hasAny = (fields: object): boolean => Object.keys(fields).length > 0;

function objectOf(value: unknown): { readonly [field: string]: Canonical } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed('no object where one is awaited');
  }
  return value as { readonly [field: string]: Canonical };
}

const malformed = (reason: string): PlatformError =>
  invalidInput('log', reason, 'Send the proof that the platform made.');

/** How the particulars of an entry name a signed statement: SHA-256 in hex over all of it. */
export const evidenceHash = (signed: SignedStatement): string =>
  hex(
    hashOf({
      domain: EVIDENCE_DOMAIN,
      statement: signed.statement,
      credentialId: signed.credentialId,
      authenticatorData: signed.authenticatorData,
      clientDataJSON: signed.clientDataJSON,
      signature: signed.signature,
    }),
  );

/**
 * The entries, each of which is in the organisation's log.
 * @throws INVALID_INPUT, EVIDENCE_REJECTED with the reason
 */
export function requireLogged(
  { checkpoint, entries }: LogProof,
  organization: OrganizationId,
  witnesses: Witnesses,
): readonly ProvenEntry[] {
  const tree = requireCosigned(checkpoint, auditOrigin(organization), witnesses);
  for (const proven of entries) {
    const { entry, salt, detail, proof } = proven;
    const reason = `entry ${entry.sequence} is not in the log`;
    const isOpened = hex(commitmentOf(parseHex(salt), detail)) === entry.commitment;
    requireEvidence(isOpened && entry.organization === organization, reason);
    const leaf = auditLeaf(auditHash(entry));
    const path = proof.map((hash) => parseHex(hash));
    requireEvidence(BigInt(entry.sequence) <= tree.size, reason);
    const isIncluded = verifyInclusion(BigInt(entry.sequence) - 1n, leaf, tree, path);
    requireEvidence(isIncluded, reason);
  }
  return entries;
}

/**
 * That the log holds the initiator's statement of this transfer and every vote on it: no audit record,
 * no signature.
 * @throws INVALID_INPUT, EVIDENCE_REJECTED with the reason
 */
export function requireLoggedEvidence(
  log: LogProof,
  about: {
    readonly organization: OrganizationId;
    readonly initiator: SignedStatement;
    readonly approvals: readonly SignedStatement[];
  },
  witnesses: Witnesses,
): void {
  const { organization, initiator, approvals } = about;
  const entries = requireLogged(log, organization, witnesses);
  const isLogged = (action: string, signed: SignedStatement) =>
    entries.some(
      ({ entry, detail }) => entry.action === action && detail['evidence'] === evidenceHash(signed),
    );
  requireEvidence(isLogged('transfer.created', initiator), 'the log does not hold the request');
  const isVoted = approvals.every((vote) => isLogged('approval.voted', vote));
  requireEvidence(isVoted, 'the log does not hold every vote');
}

function requireEvidence(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new PlatformError('EVIDENCE_REJECTED', { field: 'log', reason });
}
