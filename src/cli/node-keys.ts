/**
 * The nodes' public keys, from a file that names them: `{ "threshold": 2, "committee": [{ "party": 1,
 * "identity": HEX }, ...] }`. A node's own `node.json` is such a file; a committee's record
 * (`committee.json`) says `members` in place of `committee`, and its parties may have gaps.
 */
import { type Bytes, parseHex } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import { cosignerName, type Witnesses } from '#mandate/checkpoint.ts';
import { quorumOf } from '#mandate/quorum.ts';
import type { NodeKeys } from '#mandate/receipt-text.ts';
import { readTextFile } from '#policy-tools/read-text.ts';

const FILE_BYTES_MAX = 65_536;
const KEY_BYTES = 32;

type Fields = Readonly<Record<string, unknown>>;

/** As those who cosign the audit log, and as those who give receipts. */
export type KnownNodes = { readonly witnesses: Witnesses; readonly nodes: NodeKeys };

/** @throws INVALID_INPUT for a file of anything else */
export async function readNodeKeys(path: string): Promise<KnownNodes> {
  const {
    threshold,
    committee,
    members: ofRecord,
  } = parsed(await readTextFile(path, FILE_BYTES_MAX));
  const list = committee ?? ofRecord;
  const members = Array.isArray(list) ? (list as readonly Fields[]) : [];
  const isShaped =
    Number.isSafeInteger(threshold) &&
    Number(threshold) >= 2 &&
    members.length >= Number(threshold);
  if (!isShaped) {
    const hint = 'Name a file with the threshold and the committee, such as a node.json.';
    throw invalidInput(path, 'not a file of node keys', hint);
  }
  const keys = new Map<number, Bytes>();
  let before = 0;
  for (const { party, identity } of members) {
    const publicKey = parseHex(String(identity), `${path} identity`);
    const isNext = ofRecord === undefined ? party === before + 1 : Number(party) > before;
    if (!Number.isSafeInteger(party) || !isNext || publicKey.length !== KEY_BYTES) {
      throw invalidInput(path, `no key of party ${before + 1}`, 'List the parties in order.');
    }
    before = Number(party);
    keys.set(before, publicKey);
  }
  const shape = { threshold: Number(threshold), members: members.length };
  const cosigners = [...keys].map(([party, publicKey]) => ({
    name: cosignerName(party),
    publicKey,
  }));
  return { witnesses: { cosigners, quorum: quorumOf(shape) }, nodes: { ...shape, keys } };
}

function parsed(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Fields) : {};
  } catch {
    // The caller says what the file is not.
    return {};
  }
}
