/** The runs of the fault plan, in its order. */
import type { AcceptRun } from './accept-run.ts';
import { bank } from './bank.ts';
import { crashCells } from './crash-cells.ts';
import { forgedRun } from './forged-run.ts';
import { alteredLogs, changedMessages, lives } from './in-process.ts';
import { killRun } from './kill-run.ts';
import { limitRace } from './limit-race.ts';
import { lyingChain } from './lying-chain.ts';

export const RUNS: readonly AcceptRun[] = [
  {
    id: 'F-01',
    claim: 'payments while gateway, worker, signers and database are killed: none lost or double',
    play: killRun,
  },
  {
    id: 'F-02',
    claim:
      'internal transfers under kills, pauses, partitions and wrong clocks: the sum is constant',
    play: bank,
  },
  {
    id: 'F-03',
    claim: 'requests at one moment, at two gateways, against a daily limit: exactly the cap',
    play: limitRace,
  },
  {
    id: 'F-05',
    claim:
      'answers lost after broadcast, reorganisations, standstills: one transaction each, no false CONFIRMED',
    play: lyingChain,
  },
  {
    id: 'F-06',
    claim: 'every node dies at every moment of a ceremony: all cells end',
    play: crashCells,
  },
  {
    id: 'F-07',
    claim: 'changed messages of every signing protocol: no bad signature',
    play: changedMessages,
  },
  {
    id: 'F-08',
    claim: 'forged mandates with the gateway’s own certificate and t-1 corrupted nodes',
    play: forgedRun,
  },
  {
    id: 'F-13',
    claim: 'tamperings with an audit log: each found, at the first entry that is wrong',
    play: alteredLogs,
  },
  {
    id: 'F-14',
    claim: 'lives of the whole platform from seeds: no invariant breaks, and all come to their end',
    play: lives,
  },
];
