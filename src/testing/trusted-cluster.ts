/**
 * A signer cluster whose nodes trust the organisations of `organizations.ts`: before it asks them for
 * anything it orders that in the organisation's log, brings the log to them, and has a payment in writing at a
 * quorum. What it says of each node it signs with that node's key, so that a test decides alone which
 * nodes run and what passes between them.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { type Agreement, NO_AGREEMENT } from '#cluster-client/agreement.ts';
import {
  type ClusterTimeouts,
  type Log,
  attendedCluster as attendedOver,
  clusterOver as over,
} from '#cluster-client/cluster.ts';
import type { SignerLink } from '#cluster-client/link.ts';
import { payloadsOf, type SigningRequest } from '#cluster-client/request.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { hex, utf8 } from '#core/bytes.ts';
import { isPlatformError, PlatformError } from '#core/errors.ts';
import { isId, type KeyId, type OrganizationId, parseId } from '#core/ids.ts';
import { contentText } from '#mandate/authority/entry.ts';
import type { ChangeOperation } from '#mandate/authority/kinds.ts';
import type { ChangeInput } from '#mandate/change.ts';
import {
  exportChange,
  importChange,
  keyChoiceChange,
  reshareChange,
} from '#mandate/change-input.ts';
import { parseIntent } from '#mandate/intent.ts';
import { logProofText } from '#mandate/log-proof.ts';
import { needsConfirmation } from '#mandate/quorum.ts';
import { makeReceipt, type SignAsNode } from '#mandate/receipt.ts';
import { readConfig } from '#signer-cluster/config.ts';
import { signWith } from '#signer-cluster/identity.ts';
import { openedStore } from './node-secrets.ts';
import { GhostNodes } from './ghost-nodes.ts';
import { type Keys, proveLogged } from './logged.ts';
import { TestOrganization } from './organizations.ts';

/** The nodes of a committee whose keys the test holds: by party, in whose name it signs. */
export type Notaries = {
  readonly threshold: number;
  readonly committee: string;
  readonly keys: Keys;
};

/** A committee, and the organisations that it serves in one test file. */
export class TrustedHouse {
  readonly notaries: Notaries;
  /** What the log reaches the nodes by; without it, the cluster that is asked for something. */
  through: SignerCluster | undefined;
  /** What the nodes tell each other of their starts by, where whoever asks has no link to one. */
  links: readonly SignerLink[] | undefined;
  /** What the present start of each node was called when they last told each other. */
  starts: ReadonlyMap<number, string> = new Map();
  private readonly ghosts: GhostNodes;
  private readonly founded = new Map<OrganizationId, Promise<TestOrganization>>();
  /** By organisation, how far each party has its log. */
  private readonly heads = new Map<string, Map<number, number>>();

  constructor(notaries: Notaries) {
    this.notaries = notaries;
    this.ghosts = new GhostNodes(notaries);
  }

  /** The nodes that run may give their word; the names of all starts. */
  async stand(asked: readonly SignerLink[]): Promise<ReadonlyMap<number, string>> {
    const isAsked = (party: number) => asked.some((link) => link.party === party);
    const others = (this.links ?? []).filter(({ party }) => !isAsked(party));
    this.starts = await this.ghosts.stand([...asked, ...others].map(untapped));
    return this.starts;
  }

  /** The organisation with this id, founded when it is first asked for. */
  organization(id: OrganizationId): Promise<TestOrganization> {
    const known = this.founded.get(id) ?? TestOrganization.found(id);
    this.founded.set(id, known);
    return known;
  }

  /** The one that has ordered the key. */
  async organizationOf(key: string): Promise<TestOrganization | undefined> {
    const all = await Promise.all(this.founded.values());
    return all.find(({ authority }) => isId('key', key) && authority.state.keys.has(key));
  }

  /** A node that was started may have another disk than before. */
  forget(party: number): void {
    for (const known of this.heads.values()) known.delete(party);
  }

  /** The nodes that lack entries get them; who does not answer gets them next time. */
  async bring(asked: SignerCluster, { authority }: TestOrganization): Promise<void> {
    const { state, entries } = authority;
    const { organization, head } = state;
    const known = this.heads.get(organization) ?? new Map<number, number>();
    this.heads.set(organization, known);
    const parties = [...this.notaries.keys.keys()];
    if (parties.every((party) => known.get(party) === head.sequence)) return;
    const { receipts } = await (this.through ?? asked).bringAuthority({
      organization,
      head,
      entries: async (from, max) =>
        entries.slice(from, from + max).map(({ content }) => contentText(content)),
    });
    for (const { statement } of receipts) {
      known.set((JSON.parse(statement) as { readonly party: number }).party, head.sequence);
    }
  }
}

/** @param configs the node.json of each party, before any test gives a node another sealing key */
export async function trustedHouse(configs: readonly string[]): Promise<TrustedHouse> {
  const nodes = await Promise.all(
    configs.map(async (path) => {
      const { party, committee } = await readConfig(path);
      return { party, committee, identity: (await openedStore(path)).identity };
    }),
  );
  const [first] = nodes;
  if (first === undefined) throw new Error('a committee has members');
  const notaries = nodes.map(({ party, identity }) => {
    const { signing } = identity;
    const sign: SignAsNode = (message) => signWith(signing, message);
    return [party, { publicKey: signing.publicKey, sign }] as const;
  });
  const { threshold, hash } = first.committee;
  return new TrustedHouse({ threshold, committee: hex(hash), keys: new Map(notaries) });
}

const HOUSE = Symbol('the committee that a link leads to');
const PLAIN = Symbol('the link itself, also behind a tap');
type HousedLink = SignerLink & {
  readonly [HOUSE]?: TrustedHouse;
  readonly [PLAIN]?: SignerLink;
};

/** What a test taps is what is asked for, and not what the nodes tell each other before. */
const untapped = (link: HousedLink): SignerLink => link[PLAIN] ?? link;

/** A link that tells `clusterOver` where it leads, also through a tap. */
export const housed = (link: SignerLink, house: TrustedHouse): HousedLink => ({
  ...link,
  [HOUSE]: house,
  [PLAIN]: link,
});

function houseOf(links: readonly HousedLink[]): TrustedHouse {
  const house = links.find((link) => link[HOUSE] !== undefined)?.[HOUSE];
  if (house === undefined) throw new Error('these links lead to no committee of a test');
  return house;
}

/** As the worker's, over links of a `SignerTeam`. */
export const clusterOver = (
  links: readonly SignerLink[],
  log: Log,
  timeouts?: ClusterTimeouts,
): SignerCluster => trusting(over(links, log, timeouts), houseOf(links), links);

/** As the worker's, with pools, over links of a `SignerTeam`. */
export const attendedCluster = (
  links: readonly SignerLink[],
  log: Log,
  timeouts?: ClusterTimeouts,
): SignerCluster => trusting(attendedOver(links, log, timeouts), houseOf(links), links);

/** The same for any cluster over nodes of this committee. */
export function trusting(
  cluster: SignerCluster,
  house: TrustedHouse,
  links: readonly SignerLink[],
): SignerCluster {
  const bring = (organization: TestOrganization) => house.bring(cluster, organization);
  const ordered = async (operation: ChangeOperation, keyId: KeyId, input: ChangeInput) => {
    const organization = await house.organizationOf(keyId);
    if (organization === undefined) return;
    await organization.order(operation, keyId, input);
    await bring(organization);
    await house.stand(links);
  };
  return {
    ...cluster,
    async createKey(request) {
      const organization = await house.organization(request.organization);
      await organization.orderKey(request.keyId, request.scheme);
      await bring(organization);
      return cluster.createKey(request);
    },
    async registerWallet(request) {
      const { wallet, keyId, path } = request;
      const organization = await house.organization(request.organization);
      await organization.orderWallet(wallet, keyId, path);
      await bring(organization);
      await house.stand(links);
      return cluster.registerWallet(request);
    },
    async refreshKey(request) {
      await ordered('refreshKey', request.keyId, keyChoiceChange(request));
      return cluster.refreshKey(request);
    },
    async reshareKey(request) {
      await ordered('reshareKey', request.keyId, reshareChange(request));
      return cluster.reshareKey(request);
    },
    async importKey(request) {
      const { keyId, scheme, dealing } = request;
      const organization = await house.organization(request.organization);
      const input = importChange({ name: 'Imported', scheme, externalId: '', dealing });
      await organization.order('importKey', keyId, input);
      await bring(organization);
      return cluster.importKey(request);
    },
    async exportKey(request) {
      const { keyId, recipient, exporters } = request;
      const input = exportChange({ keyId, recipient: hex(recipient), exporters });
      await ordered('exportKey', keyId, input);
      return cluster.exportKey(request);
    },
    async sign(request) {
      const organization = await house.organizationOf(request.keyId);
      if (organization === undefined) return cluster.sign(request);
      await bring(organization);
      const starts = await house.stand(links);
      const agreement = agreementOf(house.notaries, organization, request, starts);
      const mandate = logged(request.mandate, house.notaries);
      return cluster.sign({ agreement, ...request, mandate });
    },
  };
}

const no = () => Promise.reject(new PlatformError('SIGNERS_UNAVAILABLE', { reason: 'ordered' }));

/** Orders what it is asked for and brings the order to the nodes, and asks them for nothing else. */
export function ordering(house: TrustedHouse): SignerCluster {
  const { through } = house;
  if (through === undefined) throw new Error('this committee does not run as a team');
  const asked = { createKey: no, importKey: no, refreshKey: no, reshareKey: no, exportKey: no };
  return trusting({ ...through, ...asked, registerWallet: no, sign: no }, house, []);
}

/**
 * What every node of the committee would say of this payment; nothing where the bytes are none. A quorum is
 * all of them.
 * @param request what the cluster is asked to sign
 * @param starts what the present start of each node is called
 */
export function agreementOf(
  { threshold, committee, keys }: Notaries,
  { authority: { state } }: TestOrganization,
  { keyId, mandate }: { readonly keyId: KeyId; readonly mandate: SigningRequest },
  starts: ReadonlyMap<number, string>,
): Agreement {
  const { organization, head } = state;
  const digests = digestsOf(mandate);
  if (digests === undefined) return NO_AGREEMENT;
  const intent = hex(sha256(utf8(mandate.intent)));
  const own = { at: Date.now(), authority: { ...head } };
  const all = [...keys].map(([party, { sign }]) => ({ committee, party, sign }));
  const spend = { kind: 'spend', organization, key: keyId, intent, digests } as const;
  const receipts = all.map((node) =>
    makeReceipt(node, spend, { ...own, start: starts.get(node.party) ?? '' }),
  );
  if (needsConfirmation({ threshold, members: keys.size })) {
    throw new Error('what the nodes of such a committee know, only they can tell: let them agree');
  }
  return { receipts, confirmations: [] };
}

/** The request with the proof that the audit log has it; where the intent is none, as it is. */
export function logged(mandate: SigningRequest, { keys }: Pick<Notaries, 'keys'>): SigningRequest {
  if (mandate.log !== undefined) return mandate;
  const { initiator, approvals } = mandate;
  try {
    const organization = parseId('organization', parseIntent(mandate.intent).organization);
    return {
      ...mandate,
      log: logProofText(proveLogged({ organization, initiator, approvals }, keys)),
    };
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    return mandate;
  }
}

function digestsOf(mandate: SigningRequest): readonly string[] | undefined {
  try {
    return payloadsOf(mandate).map(({ digest }) => hex(digest));
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    return undefined;
  }
}
