/**
 * One intent, one transaction - and, where a fee was too low to be taken into a block, another one that
 * differs from it in the fee alone and can only take its place.
 */
import type { Explanation } from '#chains/adapter.ts';
import { PlatformError } from '#core/errors.ts';

/** How often another transaction may take the place of the first. */
export const REPLACEMENTS_MAX = 5;

/** What is compared of a transaction whose effects are the intent's own. */
export type Terms = {
  /** What was to be signed, in hex: one for each payload. */
  readonly digests: readonly string[];
  readonly nonce: bigint;
  /** The most that it costs in fees, in base units of the native asset. */
  readonly feeMax: bigint;
  /** The family's own, as `Explanation` has them. */
  readonly parameters: Readonly<Record<string, bigint>>;
};

export const termsOf = (
  { nonce, feeMax, parameters }: Explanation,
  digests: readonly string[],
): Terms => ({ digests, nonce, feeMax: feeMax.units, parameters });

/**
 * The transactions that the intent stands for once `next` is one of them. The same bytes again are no
 * other transaction.
 * @throws EVIDENCE_REJECTED with the field `nonce` or `fee`
 */
export function withReplacement(signed: readonly Terms[], next: Terms): readonly Terms[] {
  if (isAmong(signed, next)) return signed;
  const last = signed.at(-1);
  if (last === undefined) return [next];
  if (next.nonce !== last.nonce) {
    throw refused('nonce', 'the intent stands for a transaction with another sequence number');
  }
  if (signed.length > REPLACEMENTS_MAX) {
    throw refused('fee', `its fee has been raised ${REPLACEMENTS_MAX} times already`);
  }
  if (!isRaised(last, next)) {
    throw refused(
      'fee',
      'another transaction of the intent must pay more in fees, and nothing less',
    );
  }
  return [...signed, next];
}

/**
 * The same where `told` is what another node has in writing: it may have been there before some of those that
 * are known here, but each must be one that could take the place of those with a lower fee.
 * @throws EVIDENCE_REJECTED with the field `nonce` or `fee`
 */
export function withTold(known: readonly Terms[], told: Terms): readonly Terms[] {
  if (isAmong(known, told)) return known;
  const inOrder = [...known, told].toSorted((a, b) => (a.feeMax < b.feeMax ? -1 : 1));
  return inOrder.reduce<readonly Terms[]>(withReplacement, []);
}

const isAmong = (signed: readonly Terms[], one: Terms): boolean =>
  signed.some(({ digests }) => digests.join() === one.digests.join());

/** Whether it pays more in fees, and in none of their parts less. */
function isRaised(last: Terms, next: Terms): boolean {
  const names = new Set([...Object.keys(last.parameters), ...Object.keys(next.parameters)]);
  const isLower = [...names].some(
    (name) => (next.parameters[name] ?? 0n) < (last.parameters[name] ?? 0n),
  );
  return !isLower && next.feeMax > last.feeMax;
}

const refused = (field: string, reason: string): PlatformError =>
  new PlatformError('EVIDENCE_REJECTED', { field, reason });
