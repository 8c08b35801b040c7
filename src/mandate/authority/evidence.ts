/** One way to refuse evidence, so that a node and the gateway say the same of the same entry. */
import { PlatformError, isPlatformError } from '#core/errors.ts';

export const rejected = (field: string, reason: string, options?: ErrorOptions): PlatformError =>
  new PlatformError('EVIDENCE_REJECTED', { field, reason }, options);

/** @throws EVIDENCE_REJECTED */
export function rejectUnless(holds: boolean, field: string, reason: string): asserts holds {
  if (!holds) throw rejected(field, reason);
}

/** Whatever a parser or the check of an assertion refuses is evidence that does not hold. */
export function evidence<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!isPlatformError(cause) || cause.code === 'EVIDENCE_REJECTED') throw cause;
    const { reason } = cause.context;
    throw rejected(field, typeof reason === 'string' ? reason : cause.message, { cause });
  }
}
