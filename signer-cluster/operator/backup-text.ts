/** A backup of a node: everything that makes it this node, in a box for whoever may restore it. */
import { type Bytes, base64url, parseBase64url, utf8 } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import type { Random } from '#signing/kernel.ts';
import { openSealed, sealTo } from '#signing/lifecycle/sealed-box.ts';

export type Backup = {
  readonly party: number;
  /** The committee's hash in hex. */
  readonly committee: string;
  /** When it was made, RFC 3339. */
  readonly created: string;
  /** Contents by path below the node's folder. */
  readonly files: ReadonlyMap<string, Bytes>;
};

const DOMAIN = 'countersign/backup/v1';
const PURPOSE = utf8(DOMAIN);
/** What a node consists of: nothing else is written where a backup is restored. */
const PATH =
  /^(?:node\.json|sealing-key|tls\/[a-z]+\.pem|identity\/identity\.sealed|journal\/journal\.log|store\/(?:keys|pairs)\/[\w-]+(?:\.next)?\.sealed)$/;

export function sealBackup(backup: Backup, recipient: Bytes, random: Random): Bytes {
  const { party, committee, created, files } = backup;
  const listed = [...files].map(([path, content]) => ({ path, content: base64url(content) }));
  const text = canonicalText({ domain: DOMAIN, party, committee, created, files: listed });
  return sealTo(recipient, PURPOSE, utf8(text), random);
}

type Fields = {
  readonly party: number;
  readonly committee: string;
  readonly created: string;
  readonly files: readonly { readonly path: string; readonly content: string }[];
};

/** @throws INVALID_INPUT when it does not open with this secret, or names a file of no node */
export function openBackup(box: Bytes, secret: Bytes): Backup {
  const plain = openSealed(secret, PURPOSE, box);
  if (plain === undefined) {
    throw new PlatformError('INVALID_INPUT', {
      field: 'backup',
      reason: 'it is damaged, or was made for another recipient',
    });
  }
  const { party, committee, created, files } = JSON.parse(
    new TextDecoder().decode(plain),
  ) as Fields;
  const foreign = files.find(({ path }) => !PATH.test(path));
  if (foreign !== undefined) {
    throw new PlatformError('INVALID_INPUT', { field: 'backup', reason: 'a file of no node' });
  }
  const contents = files.map(({ path, content }) => [path, parseBase64url(content)] as const);
  return { party, committee, created, files: new Map(contents) };
}
