/**
 * The client's half of a signed action: what the server asks to sign is compared, field by field,
 * with what the person entered, and refused where it differs. Only times, a nonce and the hashes of
 * what was shown may come from the server: the times are bounded, and the hashes computed again.
 */
import { hex } from '#core/bytes.ts';
import type { Statement } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import { networkOf, parseAssetId } from '#core/money.ts';
import { DAY_MS, MINUTE_MS, parseInstant } from '#core/time.ts';
import { APPROVAL_DOMAIN, type ApprovalStatement, parseApproval } from '#mandate/approval.ts';
import {
  CHANGE_DOMAIN,
  CHANGE_LIFETIME_MS,
  type ChangeInput,
  type ChangeStatement,
  parseChange,
} from '#mandate/change.ts';
import {
  ALLOWANCE_DOMAIN,
  type AllowanceIntent,
  INTENT_DOMAIN,
  type Intent,
  parseIntent,
  parseIntentOf,
  PERMIT_DOMAIN,
  type TransferIntent,
  UNLIMITED,
} from '#mandate/intent.ts';
import { challengeOf, optionsFor, requireOwnFields } from '#mandate/statement.ts';
import type { RequestOptions } from './authenticator.ts';
import type {
  CreateAllowanceInput,
  CreateTransferInput,
  DecideApprovalInput,
  Viewer,
} from './types.ts';

/** Who signs, as the login said. */
export type Signatory = { readonly organization: string; readonly user: string };

export const signatoryOf = ({ organization, user }: Viewer): Signatory => ({
  organization: organization.id,
  user: user.id,
});

/** What `beginUserAction` answers. */
export type BegunAction = {
  readonly challengeId: string;
  readonly intent: string;
  readonly options: Omit<RequestOptions, 'challenge'>;
};

/** Branded values that the person chose: their spelling is compared, so no brand is needed. */
type Own<S> = { readonly [K in keyof S]?: unknown };

const requireOwn = <S extends Statement>(statement: S, own: Own<S>): S =>
  requireOwnFields(statement, own as Partial<S>);

/** @throws USER_ACTION_MISMATCH naming the field that differs */
export function requireTransferIntent(
  text: string,
  input: CreateTransferInput,
  signatory: Signatory,
): TransferIntent {
  return requireOwn(parseIntentOf(INTENT_DOMAIN, text), {
    domain: INTENT_DOMAIN,
    ...requestedBy(signatory, input),
    units: input.amount,
    recipient: input.to,
  });
}

/** @throws USER_ACTION_MISMATCH naming the field that differs */
export function requireAllowanceIntent(
  text: string,
  input: CreateAllowanceInput,
  signatory: Signatory,
): AllowanceIntent {
  return requireOwn(parseIntentOf(ALLOWANCE_DOMAIN, text), {
    domain: ALLOWANCE_DOMAIN,
    ...requestedBy(signatory, input),
    units: input.unlimited === true ? UNLIMITED : input.amount,
    recipient: input.spender,
  });
}

const requestedBy = (
  { organization, user: initiator }: Signatory,
  input: Omit<CreateTransferInput, 'amount' | 'to'>,
) => ({
  organization,
  initiator,
  wallet: input.walletId,
  asset: input.asset,
  network: networkOf(parseAssetId(input.asset)),
  memo: input.memo ?? '',
  feeMax: input.maxFee ?? '',
  externalId: input.externalId,
});

/** What the person was shown of the approval: its hashes are computed from this. */
export type ShownApproval = {
  readonly id: string;
  readonly intent: string;
  readonly policyHash: string;
};

/** @throws USER_ACTION_MISMATCH naming the field that differs */
export function requireApprovalStatement(
  text: string,
  input: DecideApprovalInput,
  shown: ShownApproval,
  signatory: Signatory,
): ApprovalStatement {
  return requireOwn(parseApproval(text), {
    domain: APPROVAL_DOMAIN,
    organization: signatory.organization,
    approver: signatory.user,
    approval: shown.id,
    decision: input.decision,
    reason: input.reason ?? '',
    intentHash: hex(challengeOf(shownStatement(shown.intent))),
    policyHash: shown.policyHash,
  });
}

/** What was shown is an intent or a change, in its canonical form. @throws INVALID_INPUT */
function shownStatement(text: string): Intent | ChangeStatement {
  const { domain } = JSON.parse(text) as { readonly domain?: unknown };
  return domain === CHANGE_DOMAIN ? parseChange(text) : parseIntent(text);
}

/** @throws USER_ACTION_MISMATCH naming the field that differs */
export function requireChangeStatement(
  text: string,
  operation: string,
  input: ChangeInput,
  signatory: Signatory,
): ChangeStatement {
  return requireOwn(parseChange(text), {
    domain: CHANGE_DOMAIN,
    organization: signatory.organization,
    initiator: signatory.user,
    operation,
    input,
  });
}

/** The longest life that the platform gives a statement, by its domain. */
const LIFETIME_MAX_MS = {
  [INTENT_DOMAIN]: 7 * DAY_MS,
  [ALLOWANCE_DOMAIN]: 7 * DAY_MS,
  [PERMIT_DOMAIN]: 7 * DAY_MS,
  [APPROVAL_DOMAIN]: 5 * MINUTE_MS,
  [CHANGE_DOMAIN]: CHANGE_LIFETIME_MS,
} as const;

/** How far the clocks of the client and of the platform may stand apart. */
const CLOCK_DIFFERENCE_MAX_MS = 10 * MINUTE_MS;

export type ActionStatement = Intent | ApprovalStatement | ChangeStatement;

/**
 * The times are the server's own, and whoever holds a signature can use it until it expires: one that
 * runs until the year 9999 could be used in all that time.
 * @throws USER_ACTION_MISMATCH naming the time that no honest platform sends
 */
export function requireTimely<S extends ActionStatement>(statement: S, now: number): S {
  const created = parseInstant(statement.created, 'created');
  const expires = parseInstant(statement.expires, 'expires');
  if (Math.abs(created - now) > CLOCK_DIFFERENCE_MAX_MS) {
    throw new PlatformError('USER_ACTION_MISMATCH', {
      field: 'created',
      reason: 'the server asks to sign for a time that is far from the one of this device',
      hint: 'Set the clock of this device, and try again.',
    });
  }
  if (expires - created > LIFETIME_MAX_MS[statement.domain]) {
    throw new PlatformError('USER_ACTION_MISMATCH', {
      field: 'expires',
      reason: 'the server asks for a signature that stays valid for too long',
    });
  }
  return statement;
}

/**
 * The options with the challenge of a statement that was compared before. `now` is the client's time,
 * in milliseconds since 1970.
 * @throws USER_ACTION_MISMATCH for a time that no honest platform sends, WEBAUTHN_REFUSED
 */
export const signingOptions = (
  begun: BegunAction,
  statement: ActionStatement,
  now: number,
): RequestOptions => optionsFor(begun.options, requireTimely(statement, now)) as RequestOptions;
