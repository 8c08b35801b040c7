/** The peers of a threshold signature: one key that one process has, and signs with at once. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { SigningKey } from 'ethers';
import type { Contender } from '#bench/measure.ts';
import { cpuOf } from './cpu.ts';
import type { Measurement } from './measurement.ts';
import { random } from './topology.ts';

const timed = (name: string, run: () => unknown): Contender => ({
  name,
  sample: async () => cpuOf(run).cpuMs,
});

export function singleKeySignatures(): Measurement {
  const secret = secp256k1.utils.randomSecretKey();
  const digest = random(32);
  const ethers = new SigningKey(secret);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  const ed25519 = generateKeyPairSync('ed25519').privateKey;
  return {
    contenders: [
      timed('noble_ecdsa_sign_cpu_ms', () => secp256k1.sign(digest, secret, { prehash: false })),
      timed('ethers_ecdsa_sign_cpu_ms', () => ethers.sign(digest)),
      // It hashes the 32 bytes once more, which costs it a microsecond.
      timed('node_ecdsa_sign_cpu_ms', () => sign('sha256', digest, privateKey)),
      timed('node_ed25519_sign_cpu_ms', () => sign(null, digest, ed25519)),
    ],
  };
}
