/**
 * What a node's operator gives to the others before they are a committee: its public keys, where workers
 * reach it, and the authority of its certificate, signed by its identity. A card without the identity's
 * private key cannot be made or changed.
 */
import { type Bytes, hex, parseHex, utf8 } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { invalidInput, isPlatformError } from '#core/errors.ts';
import { type NodeIdentity, isSignedBy, publicKeyOf, signWith } from './identity.ts';

export type JoinCard = {
  /** 32 bytes each. */
  readonly identity: Bytes;
  readonly encryption: Bytes;
  /** `host:port`, or `dial-in` for a node that dials the workers. */
  readonly address: string;
  /** PEM. */
  readonly ca: string;
};

const DOMAIN = 'countersign/join-card/v1';

type CardFields = {
  readonly identity: string;
  readonly encryption: string;
  readonly address: string;
  readonly ca: string;
  /** Ed25519, 64 bytes in hex. */
  readonly signature: string;
};

const statementOf = ({ identity, encryption, address, ca }: JoinCard): Bytes =>
  utf8(
    canonicalText({
      domain: DOMAIN,
      identity: hex(identity),
      encryption: hex(encryption),
      address,
      ca,
    }),
  );

export function cardText(
  { signing, encryption }: NodeIdentity,
  reach: Pick<JoinCard, 'address' | 'ca'>,
): string {
  const card = { identity: signing.publicKey, encryption: encryption.publicKey, ...reach };
  const fields: CardFields = {
    identity: hex(card.identity),
    encryption: hex(card.encryption),
    address: card.address,
    ca: card.ca,
    signature: hex(signWith(signing, statementOf(card))),
  };
  return `${JSON.stringify(fields, null, 2)}\n`;
}

/** @throws INVALID_INPUT when it is no card, or its identity did not sign exactly this */
export function parseCard(text: string, name: string): JoinCard {
  const { card, signature } = reading(text, name);
  const isWhole = card.identity.length === 32 && card.encryption.length === 32;
  const isSigned =
    isWhole && isSignedBy(publicKeyOf('Ed25519', card.identity), statementOf(card), signature);
  if (isSigned) return card;
  const hint = 'Get the card again, from the operator of the node itself.';
  throw invalidInput(name, 'the card was not signed by the identity that it names', hint);
}

function reading(text: string, name: string): { card: JoinCard; signature: Bytes } {
  try {
    const said = JSON.parse(text) as Readonly<Record<keyof CardFields, unknown>>;
    const { identity, encryption, address, ca, signature } = said;
    const card = {
      identity: parseHex(String(identity), 'identity'),
      encryption: parseHex(String(encryption), 'encryption'),
      address: String(address),
      ca: String(ca),
    };
    return { card, signature: parseHex(String(signature), 'signature') };
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof TypeError || isPlatformError(cause))) {
      throw cause;
    }
    throw invalidInput(
      name,
      'it is no join card',
      'A card is what "countersign signer init" wrote.',
    );
  }
}
