/**
 * The Merkle pass over an export: every entry in its place, with the particulars that it commits to,
 * after the one before it, and under checkpoints that a quorum of nodes cosigned. It trusts the nodes'
 * public keys and the checkpoints that the reader brings, and nothing of the platform's.
 */
import {
  AUDIT_DOMAIN,
  auditHash,
  auditLeaf,
  commitmentOf,
  FIRST_AUDIT_HASH,
} from '#core/audit-entry.ts';
import { type Bytes, hex, parseHex } from '#core/bytes.ts';
import { isPlatformError } from '#core/errors.ts';
import type { OrganizationId } from '#core/ids.ts';
import { Frontier } from '#core/merkle-tree.ts';
import type { EntryLine } from './audit-export.ts';
import { auditOrigin, type Checkpoint, requireCosigned, type Witnesses } from './checkpoint.ts';

/** The first entry that is wrong is among these sequences; one entry where they are the same. */
export type LogFault = { readonly from: number; readonly to: number; readonly reason: string };

/** What one entry shows by itself: its hash, its leaf, and whether its particulars are its own. */
export type Inspected = {
  /** In hex. */
  readonly hash: string;
  readonly leaf: Bytes;
  readonly isOpened: boolean;
};

export type LogReader = {
  readonly organization: OrganizationId;
  readonly witnesses: Witnesses;
  /** Checkpoints that the reader has from elsewhere: the log must agree with each of them. */
  readonly known: readonly string[];
  /** Both may be remembered by whoever reads the same lines again and again. */
  readonly inspect?: (line: EntryLine) => Inspected;
  readonly requireCheckpoint?: (note: string) => Checkpoint;
};

export function inspectEntry({ entry, salt, detail }: EntryLine): Inspected {
  const hash = auditHash(entry);
  const isErased = salt === null && detail === null;
  const isShown = salt !== null && detail !== null;
  const isOpened =
    isErased || (isShown && hex(commitmentOf(parseHex(salt), detail)) === entry.commitment);
  return { hash: hex(hash), leaf: auditLeaf(hash), isOpened };
}

export class LogVerifier {
  readonly #organization: OrganizationId;
  readonly #inspect: (line: EntryLine) => Inspected;
  readonly #requireCheckpoint: (note: string) => Checkpoint;
  readonly #frontier = new Frontier();
  /** Roots that the log must have, by size. */
  readonly #known = new Map<number, string>();
  #previous = hex(FIRST_AUDIT_HASH);
  #covered = 0;

  /** @throws INVALID_INPUT, EVIDENCE_REJECTED when a known checkpoint is none of this log's */
  constructor({ organization, witnesses, known, inspect, requireCheckpoint }: LogReader) {
    this.#organization = organization;
    this.#inspect = inspect ?? inspectEntry;
    this.#requireCheckpoint =
      requireCheckpoint ?? ((note) => requireCosigned(note, auditOrigin(organization), witnesses));
    for (const note of known) {
      const { size, root } = this.#requireCheckpoint(note);
      this.#known.set(Number(size), hex(root));
    }
  }

  /** How many entries were read. */
  get size(): number {
    return this.#frontier.size;
  }

  entry(line: EntryLine): LogFault | undefined {
    const { entry } = line;
    const at = this.size + 1;
    const here = (reason: string): LogFault => ({ from: at, to: at, reason });
    if (entry.domain !== AUDIT_DOMAIN || entry.organization !== this.#organization) {
      return here('it is no entry of this log');
    }
    if (entry.sequence !== at) return here(`entry ${entry.sequence} stands in its place`);
    const { hash, leaf, isOpened } = this.#inspect(line);
    if (hash !== line.hash) return here('it was changed');
    if (!isOpened) return here('its particulars are not those of the log');
    if (entry.previous !== this.#previous) {
      return { from: Math.max(1, at - 1), to: at, reason: 'one does not follow the other' };
    }
    this.#previous = line.hash;
    this.#frontier.append(leaf);
    return this.#compare(this.#known.get(at), 'the log is not the one of a known checkpoint');
  }

  checkpoint(note: string): LogFault | undefined {
    let checkpoint: Checkpoint;
    try {
      checkpoint = this.#requireCheckpoint(note);
    } catch (error) {
      if (!isPlatformError(error)) throw error;
      return this.#since(`the checkpoint does not hold: ${error.message}`);
    }
    if (checkpoint.size !== BigInt(this.size)) {
      return this.#since(`a checkpoint over ${checkpoint.size} entries stands here`);
    }
    const fault = this.#compare(hex(checkpoint.root), 'the nodes cosigned another log');
    if (fault === undefined) this.#covered = this.size;
    return fault;
  }

  /** What the end of the export shows. */
  end(): LogFault | undefined {
    const cut = [...this.#known.keys()].find((size) => size > this.size);
    if (cut !== undefined) {
      const reason = `the log was cut: a known checkpoint covers ${cut} entries`;
      return { from: this.size + 1, to: cut, reason };
    }
    return this.#covered < this.size ? this.#since('no checkpoint covers them') : undefined;
  }

  #since(reason: string): LogFault {
    return { from: this.#covered + 1, to: this.size + 1, reason };
  }

  #compare(root: string | undefined, reason: string): LogFault | undefined {
    if (root === undefined || root === hex(this.#frontier.root)) return undefined;
    return { from: this.#covered + 1, to: this.size, reason };
  }
}
