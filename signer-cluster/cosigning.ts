/**
 * The node as a witness of audit logs (c2sp.org/tlog-witness): it cosigns a checkpoint that follows
 * from the one it cosigned last, and no other. What it cosigned is in its journal before the signature
 * leaves, so that neither a restart nor a second worker lets two histories of one log pass.
 */
import { type Bytes, hex, parseHex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import { verifyConsistency } from '#core/merkle-proof.ts';
import { SECOND_MS, type Instant } from '#core/time.ts';
import {
  auditOrigin,
  type Checkpoint,
  cosign,
  cosignerName,
  parseCheckpoint,
} from '#mandate/checkpoint.ts';
import { printNote } from '#mandate/signed-note.ts';
import { type KeyPair, signWith } from './identity.ts';
import type { Journal, JournalEntry } from './journal.ts';
import type { CosignAnswer, CosignRequest, LogHead } from './proto/cosign-request.ts';

export type Cosigning = {
  /**
   * What was cosigned is durable when it resolves.
   * @throws INVALID_INPUT for a text that is no checkpoint of an audit log; AUDIT_UNAVAILABLE
   */
  cosign(request: CosignRequest): Promise<CosignAnswer>;
};

export type CosigningParts = {
  readonly me: number;
  readonly signing: KeyPair;
  readonly journal: Pick<Journal, 'append'>;
  readonly entries: readonly JournalEntry[];
  readonly now: () => Instant;
};

export function cosigning(parts: CosigningParts): Cosigning {
  const { me, signing, journal, entries, now } = parts;
  const heads = new Map<string, LogHead>();
  for (const entry of entries) {
    if (entry.kind === 'cosigned') heads.set(entry.origin, { size: entry.size, root: entry.root });
  }
  const name = cosignerName(me);
  const sign = (message: Bytes) => signWith(signing, message);
  return {
    async cosign(request) {
      const checkpoint = requireAuditLog(parseCheckpoint(request.checkpoint));
      const { origin } = checkpoint;
      const next = { size: Number(checkpoint.size), root: hex(checkpoint.root) };
      const head = heads.get(origin);
      const objection = head && objectionTo(head, checkpoint, request);
      if (objection !== undefined) return objection;
      if (head?.size !== next.size) {
        // INVARIANT: from here on no other history passes, whatever becomes of the write.
        heads.set(origin, next);
        await journal.append({ kind: 'cosigned', origin, ...next });
      }
      const seconds = BigInt(Math.floor(now() / SECOND_MS));
      const cosigner = { name, publicKey: signing.publicKey };
      const line = cosign(request.checkpoint, seconds, cosigner, sign);
      return {
        kind: 'cosigned',
        note: printNote({ text: request.checkpoint, signatures: [line] }),
      };
    },
  };
}

/** Why the checkpoint cannot follow, or undefined where it does. */
function objectionTo(
  head: LogHead,
  checkpoint: Checkpoint,
  { oldSize, proof }: CosignRequest,
): CosignAnswer | undefined {
  if (oldSize !== head.size) return { kind: 'elsewhere', head };
  if (checkpoint.size < head.size) return { kind: 'refused', reason: 'truncated', head };
  const before = { size: BigInt(head.size), root: parseHex(head.root) };
  const follows = verifyConsistency(
    before,
    checkpoint,
    proof.map((hash) => parseHex(hash)),
  );
  return follows ? undefined : { kind: 'refused', reason: 'forked', head };
}

function requireAuditLog(checkpoint: Checkpoint): Checkpoint {
  const organization = parseId('organization', checkpoint.origin.split('/').at(-1), 'checkpoint');
  const isCounted = checkpoint.size > 0n && checkpoint.size <= BigInt(Number.MAX_SAFE_INTEGER);
  if (checkpoint.origin === auditOrigin(organization) && isCounted) return checkpoint;
  const reason = 'not a checkpoint of an audit log with entries';
  throw new PlatformError('INVALID_INPUT', { field: 'checkpoint', reason });
}
