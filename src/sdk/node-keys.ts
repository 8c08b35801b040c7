/**
 * When a change of authority is called effective, and the address of a wallet verified: not when the platform
 * says so, but when the nodes do, by keys that the client was given. Without keys a change is called applied,
 * and no address verified, which is all that is known.
 */
import { parseHex } from '#core/bytes.ts';
import { invalidInput, isPlatformError } from '#core/errors.ts';
import { type ChangeProof, requireEffective } from '#mandate/effective-change.ts';
import type { NodeKeys, Receipt } from '#mandate/receipt-text.ts';
import { requireAttested } from '#mandate/wallet-address.ts';
import { asCountersignError, CountersignError } from './error.ts';
import type { ChangeRequest, Wallet } from './types.ts';

/** The committee of the signer nodes, from a source other than the platform. */
export type PinnedNodes = {
  /** How many of them sign. */
  readonly threshold: number;
  /** Their Ed25519 identities in hex, 32 bytes each. */
  readonly identities: readonly string[];
  /** Their numbers, ascending; 1, 2, ..., n where absent. A record of which members have left has gaps. */
  readonly parties?: readonly number[];
};

/** @throws INVALID_INPUT for what is no committee */
export function nodeKeysOf(pinned: PinnedNodes): NodeKeys {
  try {
    return parsedKeys(pinned);
  } catch (error) {
    throw asCountersignError(error);
  }
}

function parsedKeys({ threshold, identities, parties }: PinnedNodes): NodeKeys {
  const members = identities.length;
  const numbers = parties ?? identities.map((_, index) => index + 1);
  const keys = identities.map((identity) => parseHex(identity, 'nodeKeys'));
  const isShaped = Number.isSafeInteger(threshold) && threshold >= 2 && threshold <= members;
  const areKeys = keys.every(({ length }) => length === 32) && new Set(identities).size === members;
  const areNumbers =
    numbers.length === members &&
    numbers.every(
      (party, index) => Number.isSafeInteger(party) && party > (numbers[index - 1] ?? 0),
    );
  if (!isShaped || !areKeys || !areNumbers) {
    throw invalidInput('nodeKeys', 'not the keys of a committee', 'Take them from a node.json.');
  }
  return { threshold, members, keys: new Map(keys.map((key, at) => [numbers[at] ?? 0, key])) };
}

/** One committee, or several whose records follow each other. @throws INVALID_INPUT */
export const committeesOf = (pinned: PinnedNodes | readonly PinnedNodes[] = []): Committees =>
  [pinned].flat().map(nodeKeysOf);

/** In the order in which they are asked, the newest first; none where the client was given no keys. */
type Committees = readonly NodeKeys[];

/** Words are one committee's: those of two are never counted together. @throws EVIDENCE_REJECTED */
function requireByOne(committees: Committees, check: (nodes: NodeKeys) => void): void {
  let refusal: unknown;
  for (const nodes of committees) {
    try {
      check(nodes);
      return;
    } catch (error) {
      if (!isPlatformError(error, 'EVIDENCE_REJECTED')) throw asCountersignError(error);
      refusal ??= error;
    }
  }
  throw asCountersignError(refusal);
}

/** A change as the platform tells it; `proof` where it was asked for. */
export type ToldChange = ChangeRequest & { readonly proof?: ChangeProof | null };

/**
 * The change with the state that the client can vouch for.
 * @throws EVIDENCE_REJECTED where the platform calls it effective and the nodes' receipts do not
 */
export function vouchedFor(
  told: ToldChange,
  organization: string,
  committees: Committees,
): ChangeRequest {
  const { proof, ...change } = told;
  if (change.state !== 'EFFECTIVE') return change;
  if (committees.length === 0 || proof === undefined) {
    return { ...change, state: 'APPLIED', effectiveAt: null };
  }
  if (proof === null) {
    const reason = 'the platform calls a change effective, and shows no receipt';
    throw new CountersignError('EVIDENCE_REJECTED', reason, { context: { field: 'receipts' } });
  }
  requireByOne(committees, (nodes) => requireEffective({ ...change, organization }, proof, nodes));
  return change;
}

/** A wallet as the platform tells it, in an answer in which nobody asked for the nodes' words. */
export type ToldWallet = Omit<Wallet, 'addressVerified'>;

/** The same with its key and the nodes' words, which are asked for where the client has their keys. */
export type WalletWithWords = ToldWallet & {
  readonly key?: { readonly id: string };
  readonly attestations?: readonly Receipt[];
};

export const unverified = (told: ToldWallet): Wallet => ({ ...told, addressVerified: false });

/**
 * The wallet, and whether its address is verified.
 * @throws EVIDENCE_REJECTED where it has an address that the nodes have not all signed
 */
export function attestedWallet(
  told: WalletWithWords,
  organization: string,
  committees: Committees,
): Wallet {
  const { key, attestations, ...wallet } = told;
  const { id, address, path } = wallet;
  if (committees.length === 0 || address === null) return unverified(wallet);
  if (!isText(key?.id) || !isText(wallet.network?.id) || !areReceipts(attestations)) {
    const reason = "the platform tells an address without its key or the nodes' words";
    throw new CountersignError('EVIDENCE_REJECTED', reason, { context: { field: 'attestations' } });
  }
  const network = wallet.network.id;
  const about = { organization, wallet: id, key: key.id, path, network, address };
  requireByOne(committees, (nodes) => requireAttested(about, attestations, nodes));
  return { ...wallet, addressVerified: true };
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** What came as JSON may be anything. */
const areReceipts = (value: readonly Receipt[] | undefined): value is readonly Receipt[] =>
  Array.isArray(value) &&
  value.every((one: Receipt | null) => isText(one?.statement) && isText(one.signature));
