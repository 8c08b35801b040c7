/**
 * The peer of FROST on Ed25519: noble's stock implementation. One signer's share of a signature is a
 * commitment, a signature share, and its part of the aggregation, which one of them does for all.
 */
import { ed25519_FROST as frost } from '@noble/curves/ed25519.js';
import { cpuOf } from './cpu.ts';
import type { Measurement } from './measurement.ts';
import { type Topology, random, signersOf } from './topology.ts';

export function nobleFrost(topology: Topology): Measurement {
  const { threshold, count } = topology;
  const dealt = frost.trustedDealer({ min: threshold, max: count });
  const signers = signersOf(topology).map((party) => {
    const id = frost.Identifier.fromNumber(party);
    const secret = dealt.secretShares[id];
    if (secret === undefined) throw new Error('the dealer has forgotten a signer');
    return secret;
  });
  const message = random(32);
  const sign = (): void => {
    const drawn = signers.map((signer) => ({ signer, ...frost.commit(signer) }));
    const list = drawn.map(({ commitments }) => commitments);
    const shares = Object.fromEntries(
      drawn.map(({ signer, nonces }) => [
        signer.identifier,
        frost.signShare(signer, dealt.public, nonces, list, message),
      ]),
    );
    frost.aggregate(dealt.public, list, message, shares);
  };
  const sample = async (): Promise<number> => cpuOf(sign).cpuMs / signers.length;
  return { contenders: [{ name: 'noble_frost_ed25519_cpu_ms', sample }] };
}
