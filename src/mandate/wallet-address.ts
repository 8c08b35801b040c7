/**
 * A wallet's address, as its nodes attest it: each derives it by itself, from its own share of the key and
 * its own copy of the authority log. It counts once every node that holds the key has signed it. Safe in a
 * browser.
 */
import { PlatformError } from '#core/errors.ts';
import type { NodeKeys, Receipt, WalletSubject } from './receipt-text.ts';
import { fieldsOf, soundParties } from './sound-parties.ts';

/** What is told of a wallet, which its nodes must have signed too. */
export type ToldAddress = Pick<
  WalletSubject,
  'organization' | 'wallet' | 'key' | 'path' | 'network' | 'address'
>;

/**
 * Refuses an address that not every holder of its key has signed, or that fewer have signed than it takes
 * for an honest one to be among them.
 * @throws EVIDENCE_REJECTED with the field `attestations`
 */
export function requireAttested(
  told: ToldAddress,
  attestations: readonly Receipt[],
  nodes: NodeKeys,
): void {
  const { subject, parties } = mostSigned(told, attestations, nodes);
  requireHolders(subject, parties);
  if (parties.size >= nodes.threshold) return;
  throw refused(`${parties.size} nodes have signed it, and ${nodes.threshold} must`);
}

type Signed = { readonly subject: WalletSubject; readonly parties: ReadonlySet<number> };

/** Of what the nodes say, that which most of them have signed: the others are named, and not those. */
function mostSigned(told: ToldAddress, attestations: readonly Receipt[], nodes: NodeKeys): Signed {
  const said = [...attestations.slice(0, nodes.members), undefined].map((one) => {
    const subject = attestedSubject(told, one);
    return { subject, parties: soundParties(attestations, subject, nodes) };
  });
  return said.reduce((most, one) => (one.parties.size > most.parties.size ? one : most));
}

/** What is told, with what only the nodes tell, as this one tells it. */
function attestedSubject(told: ToldAddress, word: Receipt | undefined): WalletSubject {
  const { scheme, publicKey, holders } = fieldsOf(word?.statement ?? '');
  const { organization, wallet, key, path, network, address } = told;
  return {
    kind: 'wallet',
    organization,
    wallet,
    key,
    path,
    network,
    address,
    scheme: String(scheme),
    publicKey: String(publicKey),
    holders: isParties(holders) ? holders : [],
  };
}

const isParties = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((party) => Number.isSafeInteger(party));

function requireHolders({ holders }: WalletSubject, parties: ReadonlySet<number>): void {
  const missing = holders.filter((holder) => !parties.has(holder));
  if (holders.length > 0 && missing.length === 0) return;
  const which = missing.length === 0 ? 'no node has' : `node ${missing.join(', ')} has not`;
  throw refused(`${which} signed that it is the wallet's`);
}

const refused = (reason: string): PlatformError =>
  new PlatformError('EVIDENCE_REJECTED', {
    field: 'attestations',
    reason: `an address: ${reason}`,
  });
