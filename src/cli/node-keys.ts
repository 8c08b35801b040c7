/**
 * The nodes' public keys, from a file that names them: `{ "threshold": 2, "committee": [{ "party": 1,
 * "identity": HEX }, ...] }`. A node's own `node.json` is such a file.
 */
import { parseHex } from '#core/bytes.ts';
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
  const { threshold, committee } = parsed(await readTextFile(path, FILE_BYTES_MAX));
  const members = Array.isArray(committee) ? (committee as readonly Fields[]) : [];
  const isShaped =
    Number.isSafeInteger(threshold) &&
    Number(threshold) >= 2 &&
    members.length >= Number(threshold);
  if (!isShaped) {
    const hint = 'Name a file with the threshold and the committee, such as a node.json.';
    throw invalidInput(path, 'not a file of node keys', hint);
  }
  const cosigners = members.map(({ party, identity }, index) => {
    const publicKey = parseHex(String(identity), `${path} identity`);
    if (party === index + 1 && publicKey.length === KEY_BYTES) {
      return { name: cosignerName(index + 1), publicKey };
    }
    throw invalidInput(path, `no key of party ${index + 1}`, 'List parties 1..n in order.');
  });
  const shape = { threshold: Number(threshold), members: members.length };
  const keys = new Map(cosigners.map(({ publicKey }, index) => [index + 1, publicKey]));
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
