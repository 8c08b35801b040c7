import { expect, test } from 'vitest';
import type { ErrorCode } from '#core/errors.ts';
import { idOf } from '#mandate/fixtures.ts';
import type { Refusal } from '#signer-cluster/proto/frames.ts';
import type { PartyId } from '#signing/kernel.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { clusterOver } from './cluster.ts';
import type { SignerLink } from './link.ts';

const LOG = { info: () => undefined, warn: () => undefined };
const COUNT = 5;
const THRESHOLD = 3;
const LIARS: readonly PartyId[] = [4, 5];

/** A node in this process that answers an opening with one refusal, or not at all. */
const nodeThat =
  (refuse: (signers: readonly PartyId[]) => ErrorCode | undefined, threshold = THRESHOLD) =>
  (party: PartyId): SignerLink => ({
    party,
    address: 'here',
    attend: () => () => undefined,
    health: async () => ({
      party,
      committee: '',
      threshold,
      mode: 'safety',
      ok: true,
      isStanding: true,
      detail: '',
      presignatures: { pools: 0, fresh: 0, reserved: 0, made: 0, burnt: 0 },
    }),
    cosign: () => Promise.reject(new Error('not here')),
    close: () => undefined,
    open: (listener) => ({
      cancel: () => undefined,
      send(frame) {
        if (frame.type !== 'open') return;
        const code = refuse('signers' in frame.content ? frame.content.signers : []);
        const content = { code, reason: 'said', field: '', parties: [] };
        if (code !== undefined) listener.frame({ type: 'refused', content: content as Refusal });
      },
    }),
  });

/** It shows that a set without a liar was asked: only then there are three such verdicts. */
const honest = nodeThat((signers) =>
  signers.some((signer) => LIARS.includes(signer)) ? undefined : 'EVIDENCE_REJECTED',
);

test.each<ErrorCode>(['IDEMPOTENCY_CONFLICT', 'KEY_LOCKED', 'SIGNERS_UNAVAILABLE', 'INTERNAL'])(
  'nodes fewer than the threshold that refuse with %s keep no transfer from the others',
  async (code) => {
    const liar = nodeThat(() => code);
    const parties = Array.from({ length: COUNT }, (_, index) => index + 1);
    const links = parties.map((party) => (LIARS.includes(party) ? liar(party) : honest(party)));
    const cluster = clusterOver(links, LOG);
    const request = { keyId: idOf('key'), mandate: requestFor(paymentIntent()) };
    for (let turn = 0; turn < COUNT; turn++) {
      await expect(cluster.sign(request)).rejects.toMatchObject({ code: 'EVIDENCE_REJECTED' });
    }
  },
);

test('a conflict, which no node finds in a signing, is not taken for a final verdict', async () => {
  const liar = nodeThat(() => 'IDEMPOTENCY_CONFLICT');
  const cluster = clusterOver([1, 2, 3].map(liar), LOG);
  const request = { keyId: idOf('key'), mandate: requestFor(paymentIntent()) };
  await expect(cluster.sign(request)).rejects.toMatchObject({ code: 'SIGNERS_UNAVAILABLE' });
});

test('a node in whose company all others refuse keeps no transfer from them, of nine nodes', async () => {
  const [many, threshold, liar] = [9, 5, 1];
  // It lies to each of them about what it has heard of their journals: nobody can name it.
  const node = nodeThat(
    (signers) => (signers.includes(liar) ? 'KEY_LOCKED' : 'EVIDENCE_REJECTED'),
    threshold,
  );
  const silent = nodeThat(() => undefined, threshold);
  const parties = Array.from({ length: many }, (_, index) => index + 1);
  const links = parties.map((party) => (party === liar ? silent : node)(party));
  const cluster = clusterOver(links, LOG);
  const request = { keyId: idOf('key'), mandate: requestFor(paymentIntent()) };
  for (let turn = 0; turn < many; turn++) {
    await expect(cluster.sign(request)).rejects.toMatchObject({ code: 'EVIDENCE_REJECTED' });
  }
});

test('as many liars as a committee can bear use up no request, though every node refuses in their company', async () => {
  const [many, threshold] = [7, 2];
  const liars: readonly PartyId[] = [1, 3, 4, 5, 7];
  const node = nodeThat(
    (signers) => (signers.some((one) => liars.includes(one)) ? 'KEY_LOCKED' : 'EVIDENCE_REJECTED'),
    threshold,
  );
  const parties = Array.from({ length: many }, (_, index) => index + 1);
  const cluster = clusterOver(parties.map(node), LOG);
  const request = { keyId: idOf('key'), mandate: requestFor(paymentIntent()) };
  for (let turn = 0; turn < many; turn++) {
    await expect(cluster.sign(request)).rejects.toMatchObject({ code: 'EVIDENCE_REJECTED' });
  }
});
