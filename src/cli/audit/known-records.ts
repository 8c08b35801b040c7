/**
 * The committees whose word an auditor takes: by one record, or by several that follow each other, so that
 * what an older committee cosigned and had in writing holds by its own keys and its own quorum.
 */
import { PlatformError, isPlatformError } from '#core/errors.ts';
import { type Checkpoint, requireCosigned, type Witnesses } from '#mandate/checkpoint.ts';
import type { NodeKeys } from '#mandate/receipt-text.ts';

/** One committee: as those who cosign the audit log, and as those who give receipts. */
export type KnownNodes = {
  readonly witnesses: Witnesses;
  readonly nodes: NodeKeys;
  /** The hash of its record, in hex; absent where the auditor has keys alone, which stand for any. */
  readonly record?: string;
};

/** The newest first; never empty. */
export type KnownRecords = readonly [KnownNodes, ...KnownNodes[]];

/**
 * The checkpoint, and the newest committee a quorum of which cosigned it.
 * @throws INVALID_INPUT, EVIDENCE_REJECTED with what the newest one says of it
 */
export function cosignedByOne(
  note: string,
  origin: string,
  records: KnownRecords,
): { readonly checkpoint: Checkpoint; readonly by: KnownNodes } {
  let refusal: unknown;
  for (const by of records) {
    try {
      return { checkpoint: requireCosigned(note, origin, by.witnesses), by };
    } catch (error) {
      if (!isPlatformError(error, 'EVIDENCE_REJECTED')) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

/** The keys of the committee that a receipt names. @throws EVIDENCE_REJECTED for an unknown one */
export function nodesOfRecord(record: string, records: KnownRecords): NodeKeys {
  const named = records.find((known) => known.record === undefined || known.record === record);
  if (named !== undefined) return named.nodes;
  const reason = `what nodes signed of it is of record ${record.slice(0, 8)}, which is not among the known ones`;
  throw new PlatformError('EVIDENCE_REJECTED', { reason });
}
