/** What comes before signatures: a wallet's key, and the base transfers of a pair of nodes. */
import { keygen } from '#signing/dkls/keygen.ts';
import { setUpPairs } from '#signing/dkls/pairs.ts';
import { CONTEXT } from '#signing/simulated-committee.ts';
import { runInProcess } from './in-process.ts';
import type { Measurement } from './measurement.ts';
import { type Topology, partiesOf, random } from './topology.ts';

const PAIR = [1, 2] as const;

/** Two parties are two ordered pairs; one party's time is what both sides of one of them take. */
const setUpPair = () =>
  runInProcess(PAIR, (me) =>
    setUpPairs({ me, parties: PAIR, context: CONTEXT, hedge: random(32), random }),
  );

export function setUp(topology: Topology): Measurement {
  const parties = partiesOf(topology);
  const { threshold } = topology;
  const makeKey = () =>
    runInProcess(parties, (me) => keygen({ me, parties, threshold, context: CONTEXT, random }));
  return {
    contenders: [
      { name: 'keygen_cpu_ms', sample: async () => makeKey().cpuMs },
      { name: 'base_ot_ms', sample: async () => setUpPair().cpuMs },
    ],
    messageBytes: { keygen: makeKey().messageBytes, pairs: setUpPair().messageBytes },
  };
}
