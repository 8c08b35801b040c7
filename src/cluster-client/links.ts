/** The links to a committee's nodes: those that listen are dialled, the others dial in. */
import { ChannelCredentials } from '@grpc/grpc-js';
import type { PartyId } from '#signing/kernel.ts';
import { type SignerLink, clientCredentials, clientPapers, grpcLink } from './link.ts';
import { openRendezvous } from './rendezvous.ts';

export type NodeMap = {
  /** The address of each node, or `dial-in`, by its party number. */
  readonly signers: ReadonlyMap<PartyId, string>;
  /**
   * A folder with `ca.pem`, `client.pem` and `client-key.pem`, and `ca-PARTY.pem` for each node whose
   * certificate another authority has issued.
   */
  readonly tls: string;
  /** Where nodes dial in; without it those that do are out of reach. */
  readonly rendezvous?: { readonly host: string; readonly port: number };
};

export type Links = {
  readonly links: readonly SignerLink[];
  /** Where nodes dial in, where they can. */
  readonly rendezvousPort?: number;
  /** Closes the rendezvous; each link closes itself. */
  readonly close: () => void;
};

/** In the place of an address. */
export const DIAL_IN = 'dial-in';

/** No file has this name: every call fails at once, in gRPC's own words. */
const NOWHERE = 'unix:/nonexistent/rendezvous';

/** @throws Error when a certificate cannot be read or the rendezvous cannot be bound */
export async function openLinks(
  { signers, tls, rendezvous: at }: NodeMap,
  log: (fields: object, message: string) => void,
): Promise<Links> {
  const dialling = [...signers].flatMap(([party, address]) => (address === DIAL_IN ? [party] : []));
  const parties = new Map(dialling.map((party) => [party, clientPapers(tls, party)]));
  const rendezvous =
    at === undefined || parties.size === 0
      ? undefined
      : await openRendezvous({ ...at, parties, log });
  const links = [...signers].map(([party, address]) => {
    if (address !== DIAL_IN) return grpcLink(party, address, clientCredentials(tls, party));
    const target = rendezvous?.target(party) ?? NOWHERE;
    // The rendezvous has done the handshake.
    return { ...grpcLink(party, target, ChannelCredentials.createInsecure()), address };
  });
  return {
    links,
    ...(rendezvous === undefined ? {} : { rendezvousPort: rendezvous.port }),
    close: () => rendezvous?.close(),
  };
}
