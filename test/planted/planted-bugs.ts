/** The bugs that are planted, each with the tests that must fail then. */

export type PlantedBug = {
  /** Its patch is `NAME.patch` beside this file. */
  readonly name: string;
  /** The test file that must have a failed test. */
  readonly catcher: string;
};

export const PLANTED_BUGS: readonly PlantedBug[] = [
  { name: 'no-limit-lock', catcher: 'src/workflow/create-transfer.test.ts' },
  { name: 'no-idempotency', catcher: 'src/workflow/create-transfer.test.ts' },
  { name: 'nonce-reuse', catcher: 'src/workflow/advance-transfer.test.ts' },
  { name: 'retry-after-an-invalid-signature', catcher: 'signer-cluster/cheating-party.test.ts' },
  { name: 'a-node-does-not-re-check', catcher: 'signer-cluster/evidence.test.ts' },
  { name: 'no-q-receipts', catcher: 'src/mandate/spend-agreement.test.ts' },
  { name: 'rho-revealed-before-the-reservation', catcher: 'signer-cluster/reservation.test.ts' },
  { name: 'tags-taken-from-the-gateway', catcher: 'src/mandate/forged-mandates.test.ts' },
  { name: 'the-callers-tweak', catcher: 'signer-cluster/evidence.test.ts' },
  { name: 'a-spend-released-after-a-share-left', catcher: 'test/simulator/simulator.test.ts' },
  { name: 'a-presignature-used-twice', catcher: 'signer-cluster/presignatures.test.ts' },
  { name: 'one-person-fills-two-places', catcher: 'src/policy-lang/approval-quorum.test.ts' },
  { name: 'the-initiator-approves', catcher: 'src/policy-lang/approval-quorum.test.ts' },
  { name: 'an-unverified-person', catcher: 'src/mandate/assertion.test.ts' },
  { name: 'any-origin', catcher: 'src/mandate/assertion.test.ts' },
  { name: 'another-recipient', catcher: 'src/mandate/intent-match.test.ts' },
  { name: 'no-fee-cap', catcher: 'src/mandate/intent-match.test.ts' },
  {
    name: 'an-old-change-applies-again',
    catcher: 'src/mandate/authority/apply-change.test.ts',
  },
  { name: 'a-replacement-with-another-nonce', catcher: 'src/mandate/replacement.test.ts' },
  { name: 'withdrawn-while-it-is-signed', catcher: 'src/core/transfer-state.test.ts' },
  { name: 'one-intent-two-transactions', catcher: 'signer-cluster/replay-guard.test.ts' },
  { name: 'no-audit-record', catcher: 'src/mandate/forged-mandates.test.ts' },
  { name: 'a-checkpoint-of-one-node', catcher: 'src/mandate/checkpoint.test.ts' },
];
