/** The three local signer nodes: their committee is made once, and each has a user of its own. */
import fs from 'node:fs';
import path from 'node:path';

import { priceText } from '#mandate/quorum.ts';
import { type NodeFile } from '#signer-cluster/config.ts';

import { type SystemUser } from './child.ts';
import { type DataDir } from './data-dir.ts';
import { CHECKOUT } from './programs.ts';
import { canEnter, canRun, giveFolder, isRoot, signerUser } from './system-user.ts';

export type LocalSigner = {
  readonly name: string;
  readonly party: number;
  readonly configFile: string;
  /** Where its `node.json` and all that it keeps lies. */
  readonly folder: string;
  /** Who runs it, where that is another user than this process's. */
  readonly user: SystemUser | undefined;
};

export type LocalCommittee = {
  readonly signers: readonly LocalSigner[];
  /** The folder with the workers' certificate. */
  readonly tls: string;
  /** The folder of the bundle that they run from. */
  readonly bundle: string;
};

const COUNT = 3;
const THRESHOLD = 2;

/**
 * Makes the committee where there is none, and the nodes' program: the bundle that a signer's machine
 * would have, which starts in half the time of the sources and needs no checkout.
 */
export async function openCommittee(
  dataDir: DataDir,
  tell: (line: string) => void,
): Promise<LocalCommittee> {
  // Loaded here, because a platform with signers of its own does not need it.
  const { provisionCommittee } = await import('#signer-cluster/provision.ts');
  const { bundleSigner } = await import('#tools/signer-bundle/build.ts');
  const bundle = dataDir.file('signer-program');
  await bundleSigner(CHECKOUT, bundle);
  const { configs, tls } = await provisionCommittee({
    dir: dataDir.folder,
    count: COUNT,
    threshold: THRESHOLD,
  });
  const files = configs.map((file) => JSON.parse(fs.readFileSync(file, 'utf8')) as NodeFile);
  const price = describeMode(files);
  if (price !== undefined) tell(price);
  const signers = configs.map((configFile) => {
    const party = Number(path.basename(path.dirname(configFile)));
    const folder = path.dirname(configFile);
    const user = ownUser(party, folder, bundle);
    return { name: `signer-${party}`, party, configFile, folder, user };
  });
  if (isRoot() && signers.some(({ user }) => user === undefined)) {
    tell('the signer nodes run as root: users of their own can enter neither the data nor Node');
  }
  return { signers, tls, bundle };
}

/** What a person must know of nodes that sign without a quorum; nothing of others. */
export function describeMode(
  files: readonly Pick<NodeFile, 'mode' | 'threshold'>[],
): string | undefined {
  const [first] = files.filter(({ mode }) => mode === 'availability');
  if (first?.threshold === undefined) return undefined;
  const shape = { threshold: first.threshold, members: files.length };
  return `signer nodes in the mode availability: ${priceText(shape)}`;
}

/**
 * Gives the node's folder to a user of its own, which can then run it; undefined, and the folder stays
 * this process's, where that user could not.
 */
function ownUser(party: number, folder: string, bundle: string): SystemUser | undefined {
  const user = signerUser(party);
  if (user === undefined) return undefined;
  // Who is in a folder may not read what else is there: the parent is passed through, not listed.
  fs.chmodSync(path.dirname(folder), 0o711);
  giveFolder(folder, user);
  const runs = canRun(user, process.execPath, ['--version']);
  if (runs && canEnter(user, bundle) && canEnter(user, folder)) return user;
  giveFolder(folder, { uid: 0, gid: 0 });
  return undefined;
}

/** The value of `SIGNERS` for these nodes. */
export const signerAddresses = (
  signers: readonly { readonly party: number; readonly port: number }[],
): string => signers.map(({ party, port }) => `${party}=127.0.0.1:${port}`).join(',');
