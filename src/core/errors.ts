/**
 * Operating errors. An expected outcome is data, a bug is an assertion; what is left - bad input, a
 * refusal, a part that does not answer - is a `PlatformError` with one of these stable codes. The
 * code reaches GraphQL as `extensions.code`, and the context's fields stand beside it.
 */

/** Every code, with the sentence that a person reads. `docs/errors.md` is printed from this table. */
export const ERROR_CODES = {
  UNAUTHENTICATED: 'Sign in first.',
  SESSION_EXPIRED: 'The session has expired. Sign in again.',
  SESSION_REVOKED: 'The session was ended. Sign in again.',
  FORBIDDEN: 'Your roles do not permit this.',
  NOT_FOUND: 'There is no such object.',
  USER_ACTION_REQUIRED: 'This action must be signed with a passkey.',
  USER_ACTION_MISMATCH: 'The signed action differs from the one that was sent.',
  CHALLENGE_USED: 'This challenge was used already. Begin again.',
  CHALLENGE_EXPIRED: 'This challenge has expired. Begin again.',
  WEBAUTHN_REFUSED: 'The passkey response was refused.',
  CREDENTIAL_CLONED: 'The passkey counter went backwards. The credential is suspended.',
  POLICY_SYNTAX: 'The policy has errors.',
  POLICY_TOO_LARGE: 'The policy is larger than the limit.',
  POLICY_TOO_DEEP: 'The policy is nested deeper than the limit.',
  POLICY_OVERFLOW: 'A number in the policy is larger than the limit.',
  POLICY_DENIED: 'The policy blocks this transfer.',
  CHANGE_DENIED: 'This change is blocked.',
  CHANGE_NEEDS_APPROVAL: 'Fewer people approve of this change than must.',
  POLICY_STALE: 'The policy changed in the meantime. The request must be evaluated again.',
  LIMIT_EXCEEDED: 'A limit of the policy is exceeded.',
  APPROVAL_CLOSED: 'This approval is closed.',
  APPROVAL_NOT_ELIGIBLE: 'You may not decide this approval.',
  APPROVAL_DUPLICATE: 'You have decided this approval already.',
  IDEMPOTENCY_CONFLICT: 'This externalId was used for another request.',
  IDEMPOTENCY_IN_FLIGHT: 'The first request with this externalId is still running. Try again.',
  INSUFFICIENT_FUNDS: 'The wallet does not hold enough.',
  SIGNERS_UNAVAILABLE: 'Too few signer nodes answer.',
  EVIDENCE_REJECTED: 'The signer nodes refuse: the evidence does not support the signature.',
  KEY_LOCKED: 'Nothing is signed with it for now: it is locked, or frozen.',
  OPERATOR_APPROVAL_REQUIRED: 'An operator of the signer nodes must approve this first.',
  AUDIT_UNAVAILABLE: 'The audit log cannot be written, so nothing is signed.',
  QUERY_TOO_COMPLEX: 'The query is larger or deeper than the limit.',
  RATE_LIMITED: 'Too many requests. Try again later.',
  INVALID_INPUT: 'A field of the request is not valid.',
  PRICE_UNAVAILABLE: 'There is no fresh price for this asset.',
  SCREENING_UNAVAILABLE: 'The screening of this request is not finished.',
  CHAIN_UNAVAILABLE: 'The network does not answer.',
  VERSION_CONFLICT: 'The object changed in the meantime. Read it again.',
  NOT_CONFIGURED: 'This part is not set up here.',
  INTERNAL: 'Something went wrong on our side.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** What a client may see beside the code: plain values only, and never a secret. */
export type ErrorContext = {
  readonly [field: string]: string | number | boolean | readonly string[];
};

export class PlatformError extends Error {
  override readonly name = 'PlatformError';
  readonly code: ErrorCode;
  readonly context: ErrorContext;

  constructor(code: ErrorCode, context: ErrorContext = {}, options?: ErrorOptions) {
    super(sentence(code, context), options);
    this.code = code;
    this.context = context;
  }
}

/**
 * The table's sentence, then the field, the reason and the hint where the context has them:
 * "A field of the request is not valid. units: zero. Send more.", without a field "The passkey
 * response was refused: nobody was present.", and with nothing else "There is no such object
 * (transferId)."
 */
function sentence(code: ErrorCode, context: ErrorContext): string {
  const { field, reason, hint } = context;
  const table = ERROR_CODES[code];
  if (field !== undefined && reason === undefined && hint === undefined) {
    return table.replace(/\.$/, ` (${String(field)}).`);
  }
  const about = field === undefined ? '' : ` ${String(field)}:`;
  const because = reason === undefined ? '' : ` ${String(reason)}.`;
  const isBare = field === undefined && reason !== undefined;
  const known = isBare ? table.replace(/\.$/, ':') : table;
  return `${known}${about}${because}${hint === undefined ? '' : ` ${String(hint)}`}`;
}

export const isPlatformError = (error: unknown, code?: ErrorCode): error is PlatformError =>
  error instanceof PlatformError && (code === undefined || error.code === code);

/** Bad input from outside: the field, what is wrong with it, and what to write instead. */
export const invalidInput = (field: string, reason: string, hint: string): PlatformError =>
  new PlatformError('INVALID_INPUT', { field, reason, hint });
