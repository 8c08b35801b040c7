/** What is told of a payment in the simulator: numbers and names, with the product's own states. */
import type { TransferState } from '#core/transfer-state.ts';
import type { Groups, Vote } from '#policy-lang/approval-quorum.ts';
import type { ApprovalRequirement } from '#policy-lang/decision.ts';

/** What the initiator has signed. */
export type Intent = {
  /** Stands for the intent's hash. */
  readonly id: string;
  readonly wallet: string;
  readonly units: number;
  readonly initiator: string;
  readonly created: number;
  readonly expires: number;
};

/** What a node is asked to sign: `digest` stands for the bytes, and depends on intent and nonce. */
export type Mandate = {
  readonly intent: Intent;
  readonly nonce: number;
  readonly digest: string;
  readonly votes: readonly Vote[];
};

export const digestOf = (intent: Intent, nonce: number): string => `${intent.id}#${nonce}`;

/** The policy of every simulated organisation. */
export const LIMIT = 1_000;
export const APPROVAL_ABOVE = 150;

export const GROUPS: Groups = new Map([
  ['managers', new Set(['bob', 'ben'])],
  ['directors', new Set(['ben', 'dora'])],
]);

const REQUIREMENT: ApprovalRequirement = {
  quorums: [
    { group: 'managers', count: 1 },
    { group: 'directors', count: 1 },
  ],
  excludeInitiator: true,
};

export const requirementOf = ({ units }: Intent): ApprovalRequirement | undefined =>
  units > APPROVAL_ABOVE ? REQUIREMENT : undefined;

export type TransferRow = {
  readonly intent: Intent;
  state: TransferState;
  nonce: number | undefined;
  signed: string | undefined;
  votes: Vote[];
  /** Whether its amount counts against the limit. */
  reserved: boolean;
  mayStillBePaid: boolean;
};

/** Bugs that can be planted, to see that the invariants notice. */
export const PLANTED = [
  'no limit lock',
  'no idempotency',
  'nonce reuse',
  'a node does not re-check',
  'no q receipts',
  'a spend released after a share left',
  'a node forgets its journal',
  'a presignature used twice',
  'a new draft for an intent that may be signed',
  'confirmed without depth',
  'one vote fills two places',
  'an entry missing in the audit log',
] as const;
export type PlantedBug = (typeof PLANTED)[number];
