/** What the ends of sessions mean to the workflow: a signature to release, or which error. */
import type { Payload, Signature } from '#chains/adapter.ts';
import { parseHex } from '#core/bytes.ts';
import { type ErrorCode, PlatformError } from '#core/errors.ts';
import type { Refusal, Result } from '#signer-cluster/proto/frames.ts';
import type { Purpose } from '#signer-cluster/proto/open-request.ts';
import type { PartyId } from '#signing/kernel.ts';
import { isSignedBy } from '#signing/verify.ts';

export const unavailable = (reason: string): PlatformError =>
  new PlatformError('SIGNERS_UNAVAILABLE', { reason, retryable: true });

const signaturesOf = ({ signatures }: Result): readonly Signature[] =>
  signatures.map((fields) =>
    'bytes' in fields
      ? { bytes: parseHex(fields.bytes) }
      : { r: parseHex(fields.r), s: parseHex(fields.s), recovery: fields.recovery },
  );

/**
 * The signatures of the first result that verifies under the key on which all signers agree. Fewer
 * than `threshold` of them can lie, so an honest one has named the right key.
 */
export function releasable(
  results: ReadonlyMap<PartyId, Result>,
  keys: ReadonlyMap<PartyId, string>,
  signers: readonly PartyId[],
  payloads: readonly Payload[],
): readonly Signature[] | undefined {
  const [key, ...others] = signers.map((party) => keys.get(party) ?? '');
  if (key === undefined || key === '' || others.some((other) => other !== key)) return undefined;
  const publicKey = parseHex(key);
  return [...results.values()]
    .map(signaturesOf)
    .find(
      (signatures) =>
        signatures.length === payloads.length &&
        signatures.every((one, index) => isSignedBy(publicKey, payloads[index] as Payload, one)),
    );
}

const CEREMONY: readonly ErrorCode[] = [
  'KEY_LOCKED',
  'AUDIT_UNAVAILABLE',
  'EVIDENCE_REJECTED',
  'INVALID_INPUT',
  'OPERATOR_APPROVAL_REQUIRED',
];

/** What an honest node refuses with; all else is worth trying again. A conflict is about a key's id. */
const REFUSED_BY: Readonly<Record<Purpose, readonly ErrorCode[]>> = {
  createKey: ['KEY_LOCKED', 'AUDIT_UNAVAILABLE', 'IDEMPOTENCY_CONFLICT', 'INVALID_INPUT'],
  refreshKey: CEREMONY,
  reshareKey: CEREMONY,
  importKey: [...CEREMONY, 'IDEMPOTENCY_CONFLICT'],
  exportKey: CEREMONY,
  describeKey: CEREMONY,
  registerWallet: ['AUDIT_UNAVAILABLE', 'IDEMPOTENCY_CONFLICT', 'INVALID_INPUT'],
  authority: [
    'AUDIT_UNAVAILABLE',
    'EVIDENCE_REJECTED',
    'VERSION_CONFLICT',
    'FORBIDDEN',
    'CHANGE_DENIED',
    'CHANGE_NEEDS_APPROVAL',
  ],
  reserve: ['KEY_LOCKED', 'AUDIT_UNAVAILABLE'],
  confirm: ['KEY_LOCKED', 'AUDIT_UNAVAILABLE'],
  learn: ['AUDIT_UNAVAILABLE', 'EVIDENCE_REJECTED'],
  withdraw: ['AUDIT_UNAVAILABLE', 'EVIDENCE_REJECTED'],
  bury: ['AUDIT_UNAVAILABLE', 'EVIDENCE_REJECTED'],
  handover: ['FORBIDDEN'],
  takeHandover: ['AUDIT_UNAVAILABLE', 'EVIDENCE_REJECTED'],
  starts: [],
  start: [],
  takeStarts: ['AUDIT_UNAVAILABLE'],
  stand: ['KEY_LOCKED', 'AUDIT_UNAVAILABLE'],
  sign: ['KEY_LOCKED', 'AUDIT_UNAVAILABLE'],
  presign: ['KEY_LOCKED', 'AUDIT_UNAVAILABLE'],
};

export function errorOf(purpose: Purpose, refusals: readonly Refusal[]): PlatformError {
  const [first] = refusals;
  if (first === undefined) return unavailable('no node gave a reason');
  const { code, reason } = first;
  return REFUSED_BY[purpose].includes(code)
    ? new PlatformError(code, { reason })
    : unavailable(reason);
}

/**
 * Final: as many nodes as it takes to sign reject the evidence, so at least one honest node does. A
 * single rejection is not, for then one corrupted node could fail every transfer for good.
 */
export function rejectionOf(rejections: readonly Refusal[]): PlatformError {
  const { reason, field } = rejections[0] as Refusal;
  return new PlatformError('EVIDENCE_REJECTED', { reason, ...(field === '' ? {} : { field }) });
}

/** One code when all sets failed for the same reason; otherwise it is worth trying again. */
export function worstOf(failures: readonly PlatformError[]): PlatformError {
  const [first] = failures;
  if (first === undefined) return unavailable('no set of nodes to try');
  const same = failures.every(({ code }) => code === first.code);
  return same ? first : unavailable('the sets of nodes failed for different reasons');
}
