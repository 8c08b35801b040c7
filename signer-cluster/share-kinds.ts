/** The life of a scheme's keys as a node sees it: the signing floor's protocols, with shares as bytes. */
import type { Bytes } from '#core/bytes.ts';
import type { Scheme } from '#core/scheme.ts';
import { decodeFrostKeyShare, encodeFrostKeyShare } from '#signing/frost/key-share.ts';
import type { FrostScheme } from '#signing/frost/suite.ts';
import { decodeKeyShare, encodeKeyShare } from '#signing/key-share.ts';
import type { PartyId, Protocol, Random } from '#signing/kernel.ts';
import { type ExportedShare, exportShare } from '#signing/lifecycle/export.ts';
import { ED25519, type Element, type PrimeGroup, SECP256K1 } from '#signing/prime-group.ts';
import { type Announcement, importKey } from '#signing/lifecycle/import.ts';
import { refresh } from '#signing/lifecycle/refresh.ts';
import { reshare } from '#signing/lifecycle/reshare.ts';
import type { Share, SharedKey } from '#signing/lifecycle/share.ts';

type Common = { readonly context: Bytes; readonly random: Random };

export type LifeProtocols = {
  refresh(p: Common & { readonly share: Bytes }): Protocol<Bytes>;
  /** Nothing for a party that only deals. `share` is a dealer's. */
  reshare(
    p: Common & {
      readonly me: PartyId;
      readonly from: SharedKey;
      readonly share?: Bytes;
      readonly dealers: readonly PartyId[];
      readonly receivers: readonly PartyId[];
      readonly threshold: number;
    },
  ): Protocol<Bytes | undefined>;
  importKey(
    p: Common & {
      readonly me: PartyId;
      readonly announcement: Announcement;
      /** The dealt scalar, as the group encodes it. */
      readonly dealt: Bytes;
      readonly publicKey: Bytes;
    },
  ): Protocol<Bytes>;
  exportShare(
    p: Common & {
      readonly share: Bytes;
      readonly exporters: readonly PartyId[];
      readonly recipient: Bytes;
    },
  ): Protocol<ExportedShare>;
  /** What everybody may know of the key that a share is of. */
  describe(share: Bytes): SharedKey;
};

/** How a scheme's shares lie in the store. */
type Kind<P extends Element<P>> = {
  readonly group: PrimeGroup<P>;
  readonly encode: (share: Share) => Bytes;
  readonly decode: (bytes: Bytes) => Share;
};

function lifeWith<P extends Element<P>>({ group, encode, decode }: Kind<P>): LifeProtocols {
  return {
    *refresh({ share, ...common }) {
      return encode(yield* refresh({ ...common, group, share: decode(share) }));
    },
    *reshare({ share, ...rest }) {
      const own = share === undefined ? {} : { secret: decode(share).secret };
      const fresh = yield* reshare({ ...rest, ...own, group });
      return fresh === undefined ? undefined : encode(fresh);
    },
    *importKey({ dealt, ...rest }) {
      // A share that is no scalar is 0 here, which fits no announcement.
      return encode(yield* importKey({ ...rest, group, dealt: group.decodeScalar(dealt) ?? 0n }));
    },
    *exportShare({ share, ...rest }) {
      return yield* exportShare({ ...rest, group, share: decode(share) });
    },
    describe(share) {
      const { secret: _, party: __, ...key } = decode(share);
      return key;
    },
  };
}

const frost = (scheme: FrostScheme) => ({
  encode: (share: Share): Bytes => encodeFrostKeyShare({ ...share, scheme }),
  decode: decodeFrostKeyShare,
});

const LIVES: Readonly<Record<Scheme, LifeProtocols>> = {
  'ecdsa-secp256k1': lifeWith({
    group: SECP256K1,
    encode: encodeKeyShare,
    decode: decodeKeyShare,
  }),
  'frost-ed25519': lifeWith({ group: ED25519, ...frost('frost-ed25519') }),
  'frost-secp256k1': lifeWith({ group: SECP256K1, ...frost('frost-secp256k1') }),
};

export const lifeOf = (scheme: Scheme): LifeProtocols => LIVES[scheme];
