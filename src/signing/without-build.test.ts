/** The protocols on a platform for which libsecp256k1 has no build: noble takes its place. */
import { expect, test, vi } from 'vitest';
import { concat, utf8 } from '#core/bytes.ts';
import type { EcdsaSignature } from './ecdsa.ts';
import { GROUP } from './group.ts';
import { simulatedCommittee, simulatedSigning } from './simulated-committee.ts';
import { outputsOf } from './simulator.ts';
import { digest } from './transcript.ts';

// What the package does where it finds no build.
vi.mock('secp256k1/bindings.js', () => {
  throw new Error('No native build was found');
});

test('a committee without libsecp256k1 makes a key and a signature that verifies', async () => {
  expect(GROUP.name).toBe('noble');
  const seed = 'without-build.test';
  const committee = simulatedCommittee(seed, 2, 2);
  const message = digest(seed, utf8('message'));
  const run = simulatedSigning({ seed, committee, signers: [1, 2], digest: message });
  const { r, s } = outputsOf(run).get(1) as EcdsaSignature;
  const publicKey = committee.shares.get(1)?.publicKey as Uint8Array;
  expect(GROUP.verify(concat(r, s), message, publicKey)).toBe(true);
});
