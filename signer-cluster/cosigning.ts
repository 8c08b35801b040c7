/**
 * The node as a witness of audit logs (c2sp.org/tlog-witness): it cosigns a checkpoint that follows
 * from the one it cosigned last, and no other. What it cosigned is in its journal before the signature
 * leaves, so that neither a restart nor a second worker lets two histories of one log pass. After a start it
 * also wants it to follow from what every other node had cosigned then: its own disk may be an older one, and
 * whatever counted of what it has forgotten is among that (`starts.ts`).
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
import type { Starts } from './starts.ts';

export type Cosigning = {
  /**
   * What was cosigned is durable when it resolves.
   * @throws INVALID_INPUT for a text that is no checkpoint of an audit log; AUDIT_UNAVAILABLE;
   *   SIGNERS_UNAVAILABLE, KEY_LOCKED while it waits after a start, or where the log is not what another node had
   *   cosigned then
   */
  cosign(request: CosignRequest): Promise<CosignAnswer>;
};

export type CosigningParts = {
  readonly me: number;
  readonly signing: KeyPair;
  readonly journal: Pick<Journal, 'append'>;
  /** By origin, what it cosigned last: it keeps that up. */
  readonly cosigned: Map<string, LogHead>;
  readonly starts: Pick<Starts, 'requireStanding' | 'cosigned'>;
  readonly now: () => Instant;
};

/** What the journal has, by origin. */
export function cosignedIn(entries: readonly JournalEntry[]): Map<string, LogHead> {
  const heads = new Map<string, LogHead>();
  for (const entry of entries) {
    if (entry.kind === 'cosigned') heads.set(entry.origin, { size: entry.size, root: entry.root });
  }
  return heads;
}

export function cosigning(parts: CosigningParts): Cosigning {
  const { me, signing, journal, cosigned: heads, starts, now } = parts;
  const followed = followings();
  const name = cosignerName(me);
  const sign = (message: Bytes) => signWith(signing, message);
  return {
    async cosign(request) {
      const checkpoint = requireAuditLog(parseCheckpoint(request.checkpoint));
      starts.requireStanding();
      const { origin } = checkpoint;
      const next = { size: Number(checkpoint.size), root: hex(checkpoint.root) };
      const head = heads.get(origin);
      const told = starts.cosigned(origin).filter((one) => one.head.size > (head?.size ?? 0));
      const objection = followed.objection(head, told, checkpoint, request);
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

type Told = ReturnType<Starts['cosigned']>;

/** A request has the proof from one place; where a checkpoint must follow from several, it takes as many. */
function followings() {
  /** By origin, from which places it has been shown that this checkpoint follows. */
  const shown = new Map<string, { readonly checkpoint: string; readonly from: Set<string> }>();

  function shownOf(origin: string, checkpoint: string): Set<string> {
    const before = shown.get(origin);
    if (before?.checkpoint === checkpoint) return before.from;
    const from = new Set<string>();
    shown.set(origin, { checkpoint, from });
    return from;
  }

  return {
    /** Why the checkpoint cannot follow, or from where that has to be shown; undefined where it follows. */
    objection(
      head: LogHead | undefined,
      told: Told,
      checkpoint: Checkpoint,
      request: CosignRequest,
    ): CosignAnswer | undefined {
      // Nothing is kept of what any log's first checkpoint could be.
      if (told.length === 0) return head && objectionTo(head, checkpoint, request);
      const from = shownOf(checkpoint.origin, request.checkpoint);
      if (head !== undefined && !from.has(placeOf(head))) {
        const objection = objectionTo(head, checkpoint, request);
        if (objection !== undefined) return objection;
        from.add(placeOf(head));
      }
      for (const { party, head: theirs } of told) {
        if (from.has(placeOf(theirs))) continue;
        const objection = objectionTo(theirs, checkpoint, request);
        if (objection?.kind === 'elsewhere' && BigInt(theirs.size) <= checkpoint.size)
          return objection;
        if (objection !== undefined) throw otherThan(party, theirs);
        from.add(placeOf(theirs));
      }
      shown.delete(checkpoint.origin);
      return undefined;
    },
  };
}

const placeOf = ({ size, root }: LogHead): string => `${size} ${root}`;

/** A later checkpoint may follow, or the operator leaves that node out. */
const otherThan = (party: number, { size }: LogHead): PlatformError =>
  new PlatformError('SIGNERS_UNAVAILABLE', {
    reason: `this is not the log of which party ${party} had cosigned ${size} entries when this node started (LOG_DIFFERS)`,
  });

/** Why the checkpoint cannot follow from this place, or undefined where it does. */
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
