/**
 * The nodes' public keys, from a file that names them: `{ "threshold": 2, "committee": [{ "party": 1,
 * "identity": HEX }, ...] }`, such as a node's own `node.json`; or from a committee's records, each in its
 * file (`committee.json`), whose parties may have gaps.
 */
import { type Bytes, parseHex } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import { cosignerName } from '#mandate/checkpoint.ts';
import { MODES, type Mode, quorumOf } from '#mandate/quorum.ts';
import { readTextFile } from '#policy-tools/read-text.ts';
import { chainOf } from '#signer-cluster/operator/records.ts';
import type { KnownNodes, KnownRecords } from './audit/known-records.ts';

const FILE_BYTES_MAX = 1_048_576;
const KEY_BYTES = 32;

type Fields = Readonly<Record<string, unknown>>;

/**
 * One committee, or all of a chain of records, the newest first. The files stand in any order.
 * @param paths separated by commas
 * @param modes of each file's committee, in the same order and so separated, or one for all: a record says none. What a
 *   `node.json` says is never made weaker by it.
 * @throws INVALID_INPUT for a file of anything else, and for records of which one does not follow the other
 */
export async function readNodeKeys(paths: string, modes?: string): Promise<KnownRecords> {
  const files = paths.split(',');
  const pinned = modesOf(modes, files.length);
  const texts = await Promise.all(files.map((path) => readTextFile(path, FILE_BYTES_MAX)));
  const [first = {}] = texts.map(parsed);
  if (files.length === 1 && first['members'] === undefined)
    return [keysIn(first, paths, pinned[0])];
  const [newest, ...older] = chainOf(texts.map((text, at) => ({ name: files[at] ?? '', text })));
  const modeOf = ({ text }: View) => pinned[texts.indexOf(text)] ?? 'safety';
  return [knownOf(newest, modeOf(newest)), ...older.map((view) => knownOf(view, modeOf(view)))];
}

/** One for each file; undefined where the auditor says none. */
function modesOf(text: string | undefined, count: number): readonly (Mode | undefined)[] {
  if (text === undefined) return Array.from({ length: count }, () => undefined);
  const modes = text.split(',').map(parseMode);
  if (modes.length === count) return modes;
  if (modes.length === 1) return Array.from({ length: count }, () => modes[0]);
  const reason = `${modes.length} modes for ${count} files`;
  throw invalidInput('mode', reason, 'Name one for all, or one for each file in their order.');
}

function parseMode(said: unknown): Mode {
  const mode = MODES.find((known) => known === said);
  if (mode !== undefined) return mode;
  throw invalidInput(
    'mode',
    `${JSON.stringify(said)} is no mode`,
    `Choose one of ${MODES.join(', ')}.`,
  );
}

type View = Pick<ReturnType<typeof chainOf>[0], 'text' | 'hash' | 'threshold' | 'members'>;

function knownOf({ hash: record, threshold, members }: View, mode: Mode): KnownNodes {
  const keys = members.map(({ party, identity }) => [party, parseHex(identity)] as const);
  return { ...nodesOf(threshold, new Map(keys), mode), record };
}

function nodesOf(threshold: number, keys: ReadonlyMap<number, Bytes>, mode: Mode): KnownNodes {
  const shape = { threshold, members: keys.size, mode };
  const cosigners = [...keys].map(([party, publicKey]) => ({
    name: cosignerName(party),
    publicKey,
  }));
  return { witnesses: { cosigners, quorum: quorumOf(shape) }, nodes: { ...shape, keys } };
}

function keysIn(
  { threshold, committee, mode: said }: Fields,
  path: string,
  pinned: Mode | undefined,
): KnownNodes {
  const own = said === undefined ? undefined : parseMode(said);
  if (own === 'safety' && pinned === 'availability') {
    const hint = 'Leave the option away, or take the file of a node in that mode.';
    throw invalidInput('mode', `${path} says safety, which asks for more nodes`, hint);
  }
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
  return nodesOf(Number(threshold), keys, pinned ?? own ?? 'safety');
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
