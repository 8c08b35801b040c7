/** How large the file is in which a node keeps its share of one key. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hex } from '#core/bytes.ts';
import { newId } from '#core/ids.ts';
import { encodeKeyShare, type KeyShare } from '#signing/key-share.ts';
import { readConfig } from '#signer-cluster/config.ts';
import { openJournal } from '#signer-cluster/journal.ts';
import { provisionCommittee } from '#signer-cluster/provision.ts';
import { sealingKeySource } from '#signer-cluster/sealing-key.ts';
import { openStore } from '#signer-cluster/store.ts';
import { type Topology, random } from './topology.ts';

const SID_BYTES = 32;

/** The size of the sealed file, written by a node's own store in a folder of its own. */
export async function shareAtRest(
  { count, threshold }: Topology,
  share: KeyShare,
): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  try {
    const { configs } = await provisionCommittee({ dir, count, threshold });
    const config = await readConfig(configs[0] as string);
    const { dataDir, committee, party } = config;
    const secrets = { sealingKey: await sealingKeySource(config)(), committee: committee.hash };
    const opened = await openJournal(join(dataDir, 'journal/journal.log'), secrets, party);
    const store = await openStore({ dataDir, party, ...secrets }, opened.journal, opened.entries);
    const keyId = newId('key', Date.now(), random(10));
    const { parties, publicKey, chainCode } = share;
    await store.keys.prepare({
      keyId,
      organization: newId('organization', Date.now(), random(10)),
      scheme: 'ecdsa-secp256k1',
      parties,
      threshold,
      provenance: 'generated',
      epoch: 1,
      sid: hex(random(SID_BYTES)),
      publicKey,
      chainCode,
      share: encodeKeyShare(share),
    });
    await opened.journal.close();
    return (await stat(join(dataDir, 'store/keys', `${keyId}.sealed`))).size;
  } finally {
    await rm(dir, { recursive: true });
  }
}
