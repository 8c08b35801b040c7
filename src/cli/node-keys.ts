/**
 * The nodes' public keys, from a file that names them: `{ "threshold": 2, "committee": [{ "party": 1,
 * "identity": HEX }, ...] }`, such as a node's own `node.json`; or from a committee's records, each in its
 * file (`committee.json`), whose parties may have gaps.
 */
import { type Bytes, parseHex } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import { cosignerName } from '#mandate/checkpoint.ts';
import { quorumOf } from '#mandate/quorum.ts';
import { readTextFile } from '#policy-tools/read-text.ts';
import { chainOf } from '#signer-cluster/operator/records.ts';
import type { KnownNodes, KnownRecords } from './audit/known-records.ts';

const FILE_BYTES_MAX = 1_048_576;
const KEY_BYTES = 32;

type Fields = Readonly<Record<string, unknown>>;

/**
 * One committee, or all of a chain of records, the newest first. The files stand in any order.
 * @param paths separated by commas
 * @throws INVALID_INPUT for a file of anything else, and for records of which one does not follow the other
 */
export async function readNodeKeys(paths: string): Promise<KnownRecords> {
  const files = paths.split(',');
  const texts = await Promise.all(files.map((path) => readTextFile(path, FILE_BYTES_MAX)));
  const [first = {}] = texts.map(parsed);
  if (files.length === 1 && first['members'] === undefined) return [keysIn(first, paths)];
  const [newest, ...older] = chainOf(texts.map((text, at) => ({ name: files[at] ?? '', text })));
  return [knownOf(newest), ...older.map(knownOf)];
}

type View = Pick<ReturnType<typeof chainOf>[0], 'hash' | 'threshold' | 'members'>;

function knownOf({ hash: record, threshold, members }: View): KnownNodes {
  const keys = members.map(({ party, identity }) => [party, parseHex(identity)] as const);
  return { ...nodesOf(threshold, new Map(keys)), record };
}

function nodesOf(threshold: number, keys: ReadonlyMap<number, Bytes>): KnownNodes {
  const shape = { threshold, members: keys.size };
  const cosigners = [...keys].map(([party, publicKey]) => ({
    name: cosignerName(party),
    publicKey,
  }));
  return { witnesses: { cosigners, quorum: quorumOf(shape) }, nodes: { ...shape, keys } };
}

function keysIn({ threshold, committee }: Fields, path: string): KnownNodes {
  const members = Array.isArray(committee) ? (committee as readonly Fields[]) : [];
  const isShaped =
    Number.isSafeInteger(threshold) &&
    Number(threshold) >= 2 &&
    members.length >= Number(threshold);
  if (!isShaped) {
    const hint = 'Name a file with the threshold and the committee, such as a node.json.';
    throw invalidInput(path, 'not a file of node keys', hint);
  }
  const keys = new Map<number, Bytes>();
  for (const { party, identity } of members) {
    const publicKey = parseHex(String(identity), `${path} identity`);
    if (party !== keys.size + 1 || publicKey.length !== KEY_BYTES) {
      throw invalidInput(path, `no key of party ${keys.size + 1}`, 'List the parties in order.');
    }
    keys.set(party, publicKey);
  }
  return nodesOf(Number(threshold), keys);
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
