import { expect, test } from 'vitest';
import { simulatedCommittee } from '#signing/simulated-committee.ts';
import { ecdsa } from './ecdsa.ts';
import { setUp } from './set-up.ts';
import { TOPOLOGIES, type Topology } from './topology.ts';

const topology = TOPOLOGIES[0] as Topology;
const committee = simulatedCommittee('bench.test', topology.count, topology.threshold);

test('what is measured runs to its end, takes time and sends the bytes of its rounds', async () => {
  const measured = ecdsa(topology, committee);
  for (const { sample } of measured.contenders) expect(await sample()).toBeGreaterThan(0);
  expect(measured.messageBytes).toEqual({ presign: [70, 10_908, 53_610], online: [102, 134] });
  expect(setUp(topology).messageBytes?.['keygen']).toEqual([70, 70, 265, 70, 70, 70]);
});
