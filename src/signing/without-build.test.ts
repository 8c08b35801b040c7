/** The protocols on a platform for which libsecp256k1 has no build: noble takes its place. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { concat, utf8 } from '#core/bytes.ts';
import type { EcdsaSignature } from './ecdsa.ts';

const BINDINGS = 'secp256k1/bindings.js';

// The files of a run share their modules: this one has copies of its own, made without the build.
beforeAll(() => {
  vi.resetModules();
  vi.doMock(BINDINGS, () => {
    // What the package does where it finds no build.
    throw new Error('No native build was found');
  });
});
afterAll(() => {
  vi.doUnmock(BINDINGS);
  vi.resetModules();
});

test('a committee without libsecp256k1 makes a key and a signature that verifies', async () => {
  const { GROUP } = await import('./group.ts');
  const { simulatedCommittee, simulatedSigning } = await import('./simulated-committee.ts');
  const { outputsOf } = await import('./simulator.ts');
  const { digest } = await import('./transcript.ts');
  expect(GROUP.name).toBe('noble');
  const seed = 'without-build.test';
  const committee = simulatedCommittee(seed, 2, 2);
  const message = digest(seed, utf8('message'));
  const run = simulatedSigning({ seed, committee, signers: [1, 2], digest: message });
  const { r, s } = outputsOf(run).get(1) as EcdsaSignature;
  const publicKey = committee.shares.get(1)?.publicKey as Uint8Array;
  expect(GROUP.verify(concat(r, s), message, publicKey)).toBe(true);
});
