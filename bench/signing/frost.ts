/**
 * Threshold Schnorr signatures, beside noble's stock implementation of FROST on Ed25519. Ours is a whole
 * session: round 0, nonces, the share, aggregation and verification by every signer. Of noble it is what
 * a signer cannot do without: its signature share, and its part of the one aggregation for all.
 */
import { ed25519_FROST as stock } from '@noble/curves/ed25519.js';
import type { Contender } from '#bench/measure.ts';
import type { FrostKeyShare } from '#signing/frost/key-share.ts';
import { frostKeygen } from '#signing/frost/create-key.ts';
import { frostSign } from '#signing/frost/sign.ts';
import { simulatedFrostKey } from '#signing/frost/simulated-keys.ts';
import type { FrostScheme } from '#signing/frost/suite.ts';
import { CONTEXT } from '#signing/simulated-committee.ts';
import { cpuOf } from './cpu.ts';
import { runInProcess } from './in-process.ts';
import type { Measurement } from './measurement.ts';
import { type Topology, partiesOf, random, signersOf } from './topology.ts';

const MESSAGE = random(32);

function signing(topology: Topology, scheme: FrostScheme) {
  const signers = signersOf(topology);
  const shares = simulatedFrostKey('bench', scheme, topology.count, topology.threshold);
  return () =>
    runInProcess(signers, (me) => {
      const share = shares.get(me) as FrostKeyShare;
      return frostSign({
        me,
        signers,
        share,
        message: MESSAGE,
        tweak: 0n,
        context: CONTEXT,
        random,
      });
    });
}

function nobleStock(topology: Topology): Contender {
  const dealt = stock.trustedDealer({ min: topology.threshold, max: topology.count });
  const signers = signersOf(topology).map((party) => {
    const secret = dealt.secretShares[stock.Identifier.fromNumber(party)];
    if (secret === undefined) throw new Error('the dealer has forgotten a signer');
    return secret;
  });
  const sample = async (): Promise<number> => {
    const drawn = signers.map((signer) => ({ signer, ...stock.commit(signer) }));
    const list = drawn.map(({ commitments }) => commitments);
    const work = cpuOf(() => {
      const shares = drawn.map(({ signer, nonces }) => [
        signer.identifier,
        stock.signShare(signer, dealt.public, nonces, list, MESSAGE),
      ]);
      stock.aggregate(dealt.public, list, MESSAGE, Object.fromEntries(shares));
    });
    return work.cpuMs / signers.length;
  };
  return { name: 'noble_frost_ed25519_cpu_ms', sample };
}

export function frost(topology: Topology): Measurement {
  const ed25519 = signing(topology, 'frost-ed25519');
  const taproot = signing(topology, 'frost-secp256k1');
  const parties = partiesOf(topology);
  const { threshold } = topology;
  const makeKey = () =>
    runInProcess(parties, (me) =>
      frostKeygen({ scheme: 'frost-ed25519', me, parties, threshold, context: CONTEXT, random }),
    );
  return {
    contenders: [
      { name: 'frost_ed25519_cpu_ms', sample: async () => ed25519().cpuMs },
      { name: 'frost_taproot_cpu_ms', sample: async () => taproot().cpuMs },
      { name: 'frost_ed25519_keygen_cpu_ms', sample: async () => makeKey().cpuMs },
      nobleStock(topology),
    ],
    ratios: (median) => ({
      frost_vs_noble_x: median('noble_frost_ed25519_cpu_ms') / median('frost_ed25519_cpu_ms'),
    }),
    messageBytes: {
      frost_ed25519: ed25519().messageBytes,
      frost_ed25519_keygen: makeKey().messageBytes,
    },
  };
}
