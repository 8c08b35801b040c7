/** Whoever operates this installation: known by the token that its first start made. */
import { PlatformError } from '#core/errors.ts';
import { isSameSecret } from './token.ts';

/** `own` is the token of this installation, `sent` what the caller showed. */
export type OperatorTokens = { readonly own: string; readonly sent: string | undefined };

/** @throws UNAUTHENTICATED for another token, or none */
export function requireOperator({ own, sent }: OperatorTokens): void {
  if (sent !== undefined && isSameSecret(sent, own)) return;
  throw new PlatformError('UNAUTHENTICATED', { reason: 'this is not the operator token' });
}
