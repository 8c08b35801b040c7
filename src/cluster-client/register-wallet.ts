/** Has all holders of a key write down which wallet lies where, and sign its address. */
import { parseHex } from '#core/bytes.ts';
import { readReceipt } from '#signer-cluster/proto/receipt-fields.ts';
import type { Result } from '#signer-cluster/proto/frames.ts';
import type { PartyId } from '#signing/kernel.ts';
import { readTexts } from './ask-each.ts';
import type { SignerLink } from './link.ts';
import { errorOf, unavailable } from './outcome.ts';
import { isMisplaced } from './placement.ts';
import { type RelayEnd, type RelayTimeouts, relaySession } from './relay.ts';
import type { RegisteredWallet, WalletRequest } from './signer-cluster.ts';

type Asked = {
  readonly links: readonly SignerLink[];
  readonly timeouts: RelayTimeouts;
  readonly note: (end: Exclude<RelayEnd, { kind: 'done' }>, parties: readonly PartyId[]) => void;
  /** Who holds the key, where a reshare has given it to others. */
  readonly place: () => Promise<readonly SignerLink[] | undefined>;
  /** Whether it ended because a node has started, and the nodes have heard of that now. */
  readonly isStood: (end: RelayEnd) => Promise<boolean>;
};

/** @throws SIGNERS_UNAVAILABLE, IDEMPOTENCY_CONFLICT, INVALID_INPUT, AUDIT_UNAVAILABLE */
export async function registerWallet(
  { wallet, keyId, organization, path }: WalletRequest,
  { links: first, timeouts, note, place, isStood }: Asked,
): Promise<RegisteredWallet> {
  let links = first;
  let [isPlaced, wasStood] = [false, false];
  for (;;) {
    const texts = new Map<PartyId, string>();
    const asked = links.length;
    const end = await relaySession({
      links,
      open: { purpose: 'registerWallet', keyId, organization, wallet, path },
      timeouts,
      accepts: (results) => results.size === asked,
      document: (party, text) => texts.set(party, text),
    });
    if (end.kind === 'done') {
      // Whichever node was faster, what is kept of them stands in the order of the parties.
      const ordered = new Map([...texts].toSorted(([a], [b]) => a - b));
      const publicKey = parseHex(mostSaid(end.results));
      return { publicKey, attestations: readTexts(ordered, readReceipt) };
    }
    note(
      end,
      links.map(({ party }) => party),
    );
    if (end.kind === 'lost') throw unavailable(`${end.reason} (${end.parties.join(', ')})`);
    if (!wasStood && (await isStood(end))) {
      wasStood = true;
      continue;
    }
    const holders = !isPlaced && isMisplaced(end) ? await place() : undefined;
    if (holders === undefined) throw errorOf('registerWallet', [...end.refusals.values()]);
    isPlaced = true;
    links = holders;
  }
}

/** A node that says another key than the others keeps the wallet from its address, by its own signature. */
function mostSaid(results: ReadonlyMap<PartyId, Result>): string {
  const said = Map.groupBy(results.values(), ({ publicKey }) => publicKey);
  const [most] = [...said].toSorted(([, a], [, b]) => b.length - a.length);
  if (most === undefined) throw unavailable('no node says its public key');
  return most[0];
}

export const areEqual = (results: ReadonlyMap<PartyId, Result>): boolean =>
  new Set([...results.values()].map(({ publicKey }) => publicKey)).size === 1;
