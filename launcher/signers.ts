/** The three local signer nodes: their committee is made once. */
import path from 'node:path';

import { type DataDir } from './data-dir.ts';

export type LocalSigner = {
  readonly name: string;
  readonly party: number;
  readonly configFile: string;
};

export type LocalCommittee = {
  readonly signers: readonly LocalSigner[];
  /** The folder with the workers' certificate. */
  readonly tls: string;
};

const COUNT = 3;
const THRESHOLD = 2;

/** Makes the committee where there is none. */
export async function openCommittee(dataDir: DataDir): Promise<LocalCommittee> {
  // Loaded here, because a platform with signers of its own does not need it.
  const { provisionCommittee } = await import('#signer-cluster/provision.ts');
  const { configs, tls } = await provisionCommittee({
    dir: dataDir.folder,
    count: COUNT,
    threshold: THRESHOLD,
  });
  const signers = configs.map((configFile) => {
    const party = Number(path.basename(path.dirname(configFile)));
    return { name: `signer-${party}`, party, configFile };
  });
  return { signers, tls };
}

/** The value of `SIGNERS` for these nodes. */
export const signerAddresses = (
  signers: readonly { readonly party: number; readonly port: number }[],
): string => signers.map(({ party, port }) => `${party}=127.0.0.1:${port}`).join(',');
