/** A private local Solana chain for a test, in the test's own process and on a free port. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { SolanaChain } from '#launcher/solana-vm/chain.ts';
import { serveSolana } from '#launcher/solana-vm/server.ts';

export type LocalSolana = {
  readonly url: string;
  readonly chain: SolanaChain;
  stop(): Promise<void>;
};

export async function startLocalSolana(): Promise<LocalSolana> {
  const folder = mkdtempSync(join(inject('testFolder'), 'countersign-solana-'));
  const chain = new SolanaChain(join(folder, 'chain.log'));
  const server = await serveSolana(chain, 0);
  return {
    url: server.url,
    chain,
    async stop() {
      await server.close();
      chain.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
