/** The links to a committee's nodes: those that listen are dialled, the others dial in. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChannelCredentials } from '@grpc/grpc-js';
import { invalidInput } from '#core/errors.ts';
import type { NodeKeys } from '#mandate/receipt-text.ts';
import { RECORD_FILE, keysIn, placesIn } from '#signer-cluster/proto/record-fields.ts';
import { nodeName } from '#signer-cluster/proto/service.ts';
import type { PartyId } from '#signing/kernel.ts';
import { type SignerLink, clientCredentials, clientPapers, grpcLink } from './link.ts';
import { openRendezvous } from './rendezvous.ts';

export type NodeMap = {
  /**
   * The address of each node, or `dial-in`, by its party number. Where `tls` holds the committee's record,
   * only those that are reached elsewhere than it says.
   */
  readonly signers: ReadonlyMap<PartyId, string>;
  /**
   * A folder with `ca.pem`, `client.pem` and `client-key.pem`, and `ca-PARTY.pem` for each node whose
   * certificate another authority has issued; or the committee's record as `committee.json`, which names
   * nodes, addresses and authorities.
   */
  readonly tls: string;
  /** Where nodes dial in; without it those that do are out of reach. */
  readonly rendezvous?: { readonly host: string; readonly port: number };
};

export type Links = {
  readonly links: readonly SignerLink[];
  /** Where nodes dial in, where they can. */
  readonly rendezvousPort?: number;
  /** The members' keys, where the folder holds the committee's record. */
  readonly keys?: NodeKeys;
  /** Closes the rendezvous; each link closes itself. */
  readonly close: () => void;
};

/** In the place of an address. */
export const DIAL_IN = 'dial-in';

/** No file has this name: every call fails at once, in gRPC's own words. */
const NOWHERE = 'unix:/nonexistent/rendezvous';

/** Where a node is, what it shows, and whether it has left. */
type Place = {
  readonly address: string;
  readonly ca?: string;
  readonly name: string;
  readonly isRetired?: boolean;
};

/** @throws INVALID_INPUT where nothing names the nodes, Error when a party has no address */
function placesOf({ signers, tls }: NodeMap): ReadonlyMap<PartyId, Place> {
  const file = join(tls, RECORD_FILE);
  if (!existsSync(file)) {
    if (signers.size === 0) {
      const hint = "Put the committee's record there, or name the nodes in SIGNERS.";
      throw invalidInput(
        'SIGNER_TLS',
        `it holds no ${RECORD_FILE}, which is to name the nodes`,
        hint,
      );
    }
    const named = [...signers].map(
      ([party, address]) => [party, { address, name: nodeName(party) }] as const,
    );
    return new Map(named);
  }
  const places = placesIn(readFileSync(file, 'utf8'));
  const foreign = [...signers.keys()].find((party) => !places.some((one) => one.party === party));
  if (foreign !== undefined) throw new Error(`party ${foreign} is not in ${file}`);
  const all = places.flatMap(({ party, ...place }) => {
    const address = signers.get(party) ?? place.address;
    if (address !== undefined) return [[party, { ...place, address }] as const];
    // Who has left may be gone for good.
    if (place.isRetired) return [];
    throw new Error(`no address of party ${party}: SIGNERS or the record must say it`);
  });
  return new Map(all);
}

function keysOf({ tls }: NodeMap): NodeKeys | undefined {
  const file = join(tls, RECORD_FILE);
  return existsSync(file) ? keysIn(readFileSync(file, 'utf8')) : undefined;
}

/** @throws INVALID_INPUT where nothing names the nodes; Error when a certificate or the record cannot be read, or the rendezvous cannot be bound */
export async function openLinks(
  map: NodeMap,
  log: (fields: object, message: string) => void,
): Promise<Links> {
  const { tls, rendezvous: at } = map;
  const places = placesOf(map);
  const keys = keysOf(map);
  const dialling = [...places].filter(([, { address }]) => address === DIAL_IN);
  const parties = new Map(
    dialling.map(([party, { ca, name }]) => [
      party,
      { ...clientPapers(tls, party, ca), servername: name },
    ]),
  );
  const rendezvous =
    at === undefined || parties.size === 0
      ? undefined
      : await openRendezvous({ ...at, parties, log });
  const links = [...places].map(([party, { address, ca, name, isRetired = false }]) => {
    const credentials = clientCredentials(tls, party, ca);
    if (address !== DIAL_IN) {
      return { ...grpcLink(party, address, credentials, name), isRetired };
    }
    const target = rendezvous?.target(party) ?? NOWHERE;
    // The rendezvous has done the handshake.
    const link = grpcLink(party, target, ChannelCredentials.createInsecure());
    return { ...link, address, isRetired };
  });
  return {
    links,
    ...(keys === undefined ? {} : { keys }),
    ...(rendezvous === undefined ? {} : { rendezvousPort: rendezvous.port }),
    close: () => rendezvous?.close(),
  };
}
