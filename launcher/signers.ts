/** The three local signer nodes: their committee is made once, their ports are chosen at each start. */
import path from 'node:path';

import { type DataDir } from './data-dir.ts';
import { portNear } from './ports.ts';

export type LocalSigner = {
  readonly name: string;
  readonly party: number;
  readonly configFile: string;
  readonly port: number;
};

export type LocalCommittee = {
  readonly signers: readonly LocalSigner[];
  /** The folder with the workers' certificate. */
  readonly tls: string;
};

const COUNT = 3;
const THRESHOLD = 2;

/** Makes the committee where there is none, and gives each node a port, its usual one where free. */
export async function openCommittee(
  dataDir: DataDir,
  usualPort: (name: string) => number | undefined,
): Promise<LocalCommittee> {
  // Loaded here, because a platform with signers of its own does not need it.
  const { provisionCommittee } = await import('#signer-cluster/provision.ts');
  const { configs, tls } = await provisionCommittee({
    dir: dataDir.folder,
    count: COUNT,
    threshold: THRESHOLD,
  });
  const signers: LocalSigner[] = [];
  for (const configFile of configs) {
    const party = Number(path.basename(path.dirname(configFile)));
    const name = `signer-${party}`;
    const port = await portNear(usualPort(name));
    signers.push({ name, party, configFile, port });
  }
  return { signers, tls };
}

/** The value of `SIGNERS` for these nodes. */
export const signerAddresses = ({ signers }: LocalCommittee): string =>
  signers.map(({ party, port }) => `${party}=127.0.0.1:${port}`).join(',');
