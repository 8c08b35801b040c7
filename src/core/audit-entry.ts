/**
 * What the audit log commits to for each entry. The particulars stand behind a salted hash: whoever
 * has salt and particulars can show them, and once both are erased nobody can guess them, while the
 * log with its hashes stays what it was. The hash of an entry covers that of the one before it, and is
 * what the leaf of the Merkle tree holds. It also covers where the authority log was, so that whoever
 * reads the entry knows by whose authority it happened.
 */
import { type Bytes, hex } from './bytes.ts';
import { type Canonical, hashOf } from './canonical.ts';
import { leafHash } from './merkle.ts';

export const AUDIT_DOMAIN = 'countersign/audit/v3';
export const AUDIT_DETAIL_DOMAIN = 'countersign/audit-detail/v1';
export const AUDIT_SALT_SIZE = 32;

/** Before the first entry. */
export const FIRST_AUDIT_HASH: Bytes = new Uint8Array(32);

export type AuditDetail = { readonly [field: string]: Canonical };

/** The canonical form of an entry. Hashes are SHA-256 in hex, the time is RFC 3339. */
export type AuditStatement = {
  readonly domain: typeof AUDIT_DOMAIN;
  readonly id: string;
  readonly organization: string;
  /** 1, 2, 3, ...: the leaf's index is one less. */
  readonly sequence: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  /** The authority log's head when the entry was made; empty before the genesis. */
  readonly authority: string;
  /** `commitmentOf` its particulars. */
  readonly commitment: string;
  /** The hash of the entry before it. */
  readonly previous: string;
};

/** 32 bytes. The salt is `AUDIT_SALT_SIZE` uniformly random bytes of this entry alone. */
export const commitmentOf = (salt: Bytes, detail: AuditDetail): Bytes =>
  hashOf({ domain: AUDIT_DETAIL_DOMAIN, salt: hex(salt), detail });

/** The hash that the next entry chains to: 32 bytes. */
export const auditHash = (statement: AuditStatement): Bytes => hashOf(statement);

/** The hash of the leaf that stands for an entry, from the entry's hash. */
export const auditLeaf = (hash: Bytes): Bytes => leafHash(hash);
