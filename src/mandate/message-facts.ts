/** What a policy sees of an intent whose signature is a message: a permit is decided as that, too. */
import { findAsset } from '#chains/registry.ts';
import type { FactValue, RequestFacts, Snapshot } from '#policy-lang/snapshot.ts';
import { type Intent, PERMIT_DOMAIN, unitsOf } from './intent.ts';

export type MessageFacts = Pick<RequestFacts, 'message' | 'typedData'>;

const number = (value: string | bigint): FactValue => ({ type: 'number', number: BigInt(value) });
const address = (text: string): FactValue => ({ type: 'address', address: text });

/** What the request is besides an allowance; nothing where it is no message. */
export const alsoOf = ({ domain }: Pick<Intent, 'domain'>): Pick<Snapshot, 'also'> =>
  domain === PERMIT_DOMAIN ? { also: 'sign-message' } : {};

/**
 * The typed data of a permit as EIP-2612 names its fields; nothing of an intent that is no message.
 * @param owner the wallet's address, where it has one
 */
export function messageFacts(intent: Intent, owner: string | undefined): MessageFacts {
  if (intent.domain !== PERMIT_DOMAIN) return {};
  const { contract, permit } = findAsset(intent.asset);
  const fields = new Map<string, FactValue>([
    ...(owner === undefined ? [] : [['owner', address(owner)] as const]),
    ['spender', address(intent.recipient)],
    ['value', number(unitsOf(intent))],
    ['nonce', number(intent.nonce)],
    ['deadline', number(intent.deadline)],
  ]);
  return {
    message: { kind: 'typed-data' },
    typedData: {
      primaryType: 'Permit',
      ...(permit === undefined ? {} : { domainName: permit.name }),
      ...(contract === undefined ? {} : { contract }),
      fields,
    },
  };
}
