/** Why a message's bytes are refused: they are evidence, and a node signs nothing it cannot read. */
import { PlatformError } from '#core/errors.ts';

/** @throws EVIDENCE_REJECTED always */
export function refuse(reason: string): never {
  throw new PlatformError('EVIDENCE_REJECTED', { reason });
}
