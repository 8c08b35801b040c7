/** Who holds a key and how many of them sign together, as most of the nodes that hold it say. */
import type { KeyId } from '#core/ids.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { SignerLink } from './link.ts';
import { type RelayEnd, type RelayTimeouts, relaySession } from './relay.ts';

export type Placement = { readonly holders: readonly PartyId[]; readonly threshold: number };

/** Whether a node said that it does not hold the key, or that another number of nodes signs with it. */
export const isMisplaced = (end: RelayEnd): boolean =>
  end.kind === 'refused' &&
  [...end.refusals.values()].some(
    ({ code, field }) =>
      (code === 'INVALID_INPUT' && field === 'signers') ||
      (code === 'EVIDENCE_REJECTED' && field === 'key'),
  );

/** Nothing where no node knows the key. A wrong answer costs a refusal: the nodes decide. */
export async function askPlacement(
  links: readonly SignerLink[],
  keyId: KeyId,
  timeouts: RelayTimeouts,
): Promise<Placement | undefined> {
  const texts = await Promise.all(links.map((link) => askOne(link, keyId, timeouts)));
  const votes = Map.groupBy(
    texts.filter((text) => text !== undefined),
    (text) => text,
  );
  const [most] = [...votes].toSorted(([, a], [, b]) => b.length - a.length);
  return most === undefined ? undefined : readPlacement(most[0]);
}

async function askOne(
  link: SignerLink,
  keyId: KeyId,
  timeouts: RelayTimeouts,
): Promise<string | undefined> {
  let told: string | undefined;
  const end = await relaySession({
    links: [link],
    open: { purpose: 'describeKey', keyId },
    timeouts,
    accepts: (results) => results.size === 1,
    document: (_, text) => (told = text),
  });
  return end.kind === 'done' ? told : undefined;
}

function readPlacement(text: string): Placement | undefined {
  try {
    const { holders, threshold } = JSON.parse(text) as Partial<Placement>;
    const isList = Array.isArray(holders) && holders.every((one) => typeof one === 'number');
    return isList && typeof threshold === 'number' ? { holders, threshold } : undefined;
  } catch {
    // What most nodes say is not JSON: they are not ours.
    return undefined;
  }
}
