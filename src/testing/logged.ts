/**
 * The proof that an audit log holds a request and its votes, under the cosignatures of nodes whose keys the
 * test holds: a small log of its own for each.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import {
  AUDIT_DOMAIN,
  type AuditDetail,
  type AuditStatement,
  auditHash,
  auditLeaf,
  commitmentOf,
} from '#core/audit-entry.ts';
import { type Bytes, hex, utf8 } from '#core/bytes.ts';
import {
  completeSubtrees,
  foldSubtrees,
  type LeafRange,
  nodeHash,
  proofRanges,
} from '#core/merkle.ts';
import type { OrganizationId } from '#core/ids.ts';
import { SECOND_MS } from '#core/time.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import { auditOrigin, cosign, cosignerName, printCheckpoint } from '#mandate/checkpoint.ts';
import { evidenceHash, type LogProof } from '#mandate/log-proof.ts';
import { printNote } from '#mandate/signed-note.ts';

/** A node whose key the test holds. */
export type Notary = { readonly publicKey: Bytes; readonly sign: (message: Bytes) => Bytes };

/** By party. */
export type Keys = ReadonlyMap<number, Notary>;

export type Logged = {
  readonly organization: OrganizationId;
  readonly initiator: SignedStatement;
  readonly approvals: readonly SignedStatement[];
};

const AT = '2026-07-01T09:30:00.000Z';

type Entry = { readonly entry: AuditStatement; readonly salt: Bytes; readonly detail: AuditDetail };

/** The request and the votes between other entries, so that a proof has both sides. */
function entriesOf({ organization, initiator, approvals }: Logged): readonly Entry[] {
  const said: readonly (readonly [action: string, detail: AuditDetail])[] = [
    ['test.before', {}],
    ['transfer.created', { evidence: evidenceHash(initiator) }],
    ...approvals.map((vote) => ['approval.voted', { evidence: evidenceHash(vote) }] as const),
    ['test.after', {}],
  ];
  let previous = hex(new Uint8Array(32));
  return said.map(([action, detail], index) => {
    const salt = sha256(utf8(`${organization} ${index} ${JSON.stringify(detail)}`));
    const entry: AuditStatement = {
      domain: AUDIT_DOMAIN,
      id: `aud_${index}`,
      organization,
      sequence: index + 1,
      at: AT,
      actor: 'system',
      action,
      subject: 'a transfer',
      authority: '',
      commitment: hex(commitmentOf(salt, detail)),
      previous,
    };
    previous = hex(auditHash(entry));
    return { entry, salt, detail };
  });
}

function rangeHash(leaves: readonly Bytes[], range: LeafRange): Bytes {
  const subtree = (level: number, index: number): Bytes =>
    level === 0
      ? (leaves[index] as Bytes)
      : nodeHash(subtree(level - 1, 2 * index), subtree(level - 1, 2 * index + 1));
  return foldSubtrees(completeSubtrees(range).map(({ level, index }) => subtree(level, index)));
}

/** What an honest platform shows of it. */
export function proveLogged(about: Logged, keys: Keys, now = Date.now()): LogProof {
  const entries = entriesOf(about);
  const leaves = entries.map(({ entry }) => auditLeaf(auditHash(entry)));
  const size = leaves.length;
  const root = rangeHash(leaves, { start: 0, end: size });
  const text = printCheckpoint({
    origin: auditOrigin(about.organization),
    size: BigInt(size),
    root,
  });
  const seconds = BigInt(Math.floor(now / SECOND_MS));
  const signatures = [...keys].map(([party, { publicKey, sign }]) =>
    cosign(text, seconds, { name: cosignerName(party), publicKey }, sign),
  );
  const shown = entries.slice(1, -1).map(({ entry, salt, detail }) => {
    const start = entry.sequence - 1;
    const proof = proofRanges({ start, end: start + 1 }, size);
    return {
      entry,
      salt: hex(salt),
      detail,
      proof: proof.map((range) => hex(rangeHash(leaves, range))),
    };
  });
  return { checkpoint: printNote({ text, signatures }), entries: shown };
}
