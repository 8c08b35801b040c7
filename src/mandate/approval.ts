/** One person's vote on one approval: it binds the intent and the policy that asked for the vote. */
import { type Bytes, hex, parseHex } from '#core/bytes.ts';
import type { Canonical } from '#core/canonical.ts';
import { invalidInput } from '#core/errors.ts';
import { type ApprovalId, type OrganizationId, type UserId, parseId } from '#core/ids.ts';
import { type Instant, formatInstant } from '#core/time.ts';
import { parseStatement, requireLifetime, requireReadable, requireText } from './statement.ts';

export const APPROVAL_DOMAIN = 'countersign/approval/v1';
export const REASON_LENGTH_MAX = 256;

export type ApprovalDecision = 'APPROVE' | 'REJECT';

/** Every value is a string; both hashes are SHA-256 in hex. */
export type ApprovalStatement = {
  readonly domain: typeof APPROVAL_DOMAIN;
  readonly organization: OrganizationId;
  readonly approval: ApprovalId;
  readonly decision: ApprovalDecision;
  /** Empty when absent. */
  readonly reason: string;
  readonly intentHash: string;
  readonly policyHash: string;
  readonly approver: UserId;
  readonly created: string;
  readonly expires: string;
};

export type ApprovalStatementInput = {
  readonly organization: OrganizationId;
  readonly approval: ApprovalId;
  readonly decision: ApprovalDecision;
  readonly reason?: string | undefined;
  /** `challengeOf` the intent: 32 bytes. */
  readonly intentHash: Bytes;
  /** The policy bundle's hash as the policy floor prints it: 64 hex characters. */
  readonly policyHash: string;
  readonly approver: UserId;
  readonly created: Instant;
  readonly expires: Instant;
};

const FIELDS = [
  'organization',
  'approval',
  'decision',
  'reason',
  'intentHash',
  'policyHash',
  'approver',
  'created',
  'expires',
];

/** @throws INVALID_INPUT */
export const approvalStatement = (input: ApprovalStatementInput): ApprovalStatement =>
  requireApproval({
    domain: APPROVAL_DOMAIN,
    organization: input.organization,
    approval: input.approval,
    decision: input.decision,
    reason: input.reason ?? '',
    intentHash: hex(input.intentHash),
    policyHash: input.policyHash,
    approver: input.approver,
    created: formatInstant(input.created),
    expires: formatInstant(input.expires),
  });

/** Reads the canonical text of an approval and nothing else. @throws INVALID_INPUT */
export const parseApproval = (text: string): ApprovalStatement =>
  requireApproval(parseStatement(text, APPROVAL_DOMAIN, FIELDS));

function requireApproval(value: { readonly [field: string]: Canonical }): ApprovalStatement {
  parseId('organization', value['organization'], 'organization');
  parseId('approval', value['approval'], 'approval');
  parseId('user', value['approver'], 'approver');
  if (value['decision'] !== 'APPROVE' && value['decision'] !== 'REJECT') {
    throw invalidInput('decision', 'not a decision', 'Write APPROVE or REJECT.');
  }
  requireReadable(value['reason'], 'reason', REASON_LENGTH_MAX);
  requireHash(value['intentHash'], 'intentHash');
  requireHash(value['policyHash'], 'policyHash');
  requireLifetime(value['created'], value['expires']);
  return value as ApprovalStatement;
}

function requireHash(value: Canonical | undefined, field: string): void {
  if (parseHex(requireText(value, field), field).length !== 32) {
    throw invalidInput(field, 'not a SHA-256 hash', 'It has 64 hexadecimal characters.');
  }
}
