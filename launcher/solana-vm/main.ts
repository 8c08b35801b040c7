/** The local Solana chain as a process: `SOLANA_LEDGER` names its file, `PORT` its port. */
import process from 'node:process';
import { HistoryDiffers, SolanaChain } from './chain.ts';
import { LedgerUnreadable } from './ledger.ts';
import { putAside } from './put-aside.ts';
import { serveSolana } from './server.ts';

const file = process.env['SOLANA_LEDGER'] ?? '';
const port = Number(process.env['PORT'] ?? '0');
const tell = (fields: object): void => void process.stdout.write(`${JSON.stringify(fields)}\n`);

/** A history that cannot be taken up is put aside, never deleted, and a new chain begins. */
function openChain(): SolanaChain {
  try {
    return new SolanaChain(file);
  } catch (error) {
    if (!(error instanceof HistoryDiffers || error instanceof LedgerUnreadable)) throw error;
    tell({ lost: error.message, putAside: putAside(file) });
    return new SolanaChain(file);
  }
}

const chain = openChain();
const server = await serveSolana(chain, port);

const stop = (): void => {
  void server.close().then(() => {
    chain.close();
    process.exit(0);
  });
};
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
if (process.env['EXIT_WITH_PARENT'] === '1') {
  process.stdin.once('end', stop).once('error', stop).resume();
}
tell({ ready: true, port: server.port });
