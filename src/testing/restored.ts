/** The organisation's word for a node whose disk was put back, beside that of the operators of its peers. */
import type { OrganizationId } from '#core/ids.ts';
import type { BanName, JournalPlace } from '#mandate/change-input.ts';
import { askNode } from '#signer-cluster/operator/ask-node.ts';
import type { SetBack } from '#signer-cluster/set-backs.ts';
import type { SignerHouse } from './signers.ts';

export type Restoration = {
  readonly committee: string;
  readonly party: number;
  readonly lost: readonly JournalPlace[];
};

export type Readmission = {
  readonly committee: string;
  readonly party: number;
  readonly bans: readonly BanName[];
};

type Distrusted = { readonly readmitNode?: Readmission };

/** What the operator of this node sees of its bans, the newest last. */
export async function readmissionsAt(folder: string): Promise<readonly Readmission[]> {
  const status = await askNode(folder, { command: 'status' });
  if (!status.ok) throw new Error(`a node tells nothing: ${status.code} ${status.message}`);
  const all = status['distrusted'] as readonly Distrusted[];
  return all.flatMap(({ readmitNode }) => (readmitNode === undefined ? [] : [readmitNode]));
}

type Waiting = SetBack & { readonly missing: readonly string[] };

/** What two people sign for the organisation, as the operators of these nodes see it. */
export async function restorationAt(
  folders: readonly string[],
  organization: OrganizationId,
  party: number,
): Promise<Restoration> {
  const all = await Promise.all(
    folders.map(async (folder) => {
      const status = await askNode(folder, { command: 'status' });
      if (!status.ok) throw new Error(`a node tells nothing: ${status.code} ${status.message}`);
      return status['setBacks'] as readonly Waiting[];
    }),
  );
  const open = all
    .flat()
    .filter((one) => one.party === party && one.missing.includes(organization));
  const [first] = open;
  if (first === undefined) throw new Error(`nothing of party ${party} is given up there`);
  return { committee: first.committee, party, lost: open.map(({ lost }) => lost) };
}

/** Has the organisation restore a node, once its peers' operators have accepted it and that was used. */
export async function restoreNode(
  house: SignerHouse,
  id: OrganizationId,
  party: number,
  peers: readonly number[],
): Promise<Restoration> {
  const folders = peers.map((peer) => house.data(peer));
  const restoration = await restorationAt(folders, id, party);
  const organization = await house.trusted.organization(id);
  await organization.restore(restoration);
  return restoration;
}
