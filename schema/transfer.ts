/** Transfers and allowances, from the signed request to the confirmed transaction. */
import { ArgsType, Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { TRANSFER_STATES, type TransferState } from '#core/transfer-state.ts';
import { Approval } from './approval.ts';
import { Asset, Network } from './network.ts';
import { connectionOf, type Later, NodeInterface, PageArgs } from './node.ts';
import { User } from './organization.ts';
import { PolicyDecision } from './policy-decision.ts';
import { BaseUnitsScalar, DateTimeScalar, HexScalar } from './scalars.ts';
import { Waiting } from './waiting.ts';
import { Wallet } from './wallet.ts';

const STATE_DESCRIPTIONS: Readonly<Record<TransferState, string>> = {
  PENDING_POLICY: 'A fact that the policy needs is awaited, such as a price.',
  PENDING_APPROVAL: 'Approvals are awaited.',
  QUEUED: 'It may be paid; its turn to be signed has not come.',
  SIGNING: 'The signer nodes are signing it.',
  BROADCAST: 'The signed transaction was sent to the network.',
  CONFIRMED: 'The network has confirmed it. Final.',
  FAILED: 'It did not move the funds, or its reason says otherwise. Final.',
  REPLACED: 'Another transaction took its place. Final.',
  REJECTED: 'The policy or an approver refused it. Final.',
  EXPIRED: 'The approvals did not come in time. Final.',
  CANCELLED: 'It was withdrawn before it was signed. Final.',
};

export const TransferStateEnum = Object.fromEntries(
  TRANSFER_STATES.map((state) => [state, state]),
) as { readonly [S in TransferState]: S };
registerEnumType(TransferStateEnum, {
  name: 'TransferState',
  description: 'How far a transfer is.',
  valuesConfig: Object.fromEntries(
    TRANSFER_STATES.map((state) => [state, { description: STATE_DESCRIPTIONS[state] }]),
  ),
});

export const TransferKind = { TRANSFER: 'TRANSFER', ALLOWANCE: 'ALLOWANCE' } as const;
export type TransferKind = (typeof TransferKind)[keyof typeof TransferKind];
registerEnumType(TransferKind, {
  name: 'TransferKind',
  description: 'What is asked for.',
  valuesConfig: {
    TRANSFER: { description: 'A payment: the amount leaves the wallet.' },
    ALLOWANCE: {
      description: 'An ERC-20 allowance: the spender may take up to the amount, now and later.',
    },
  },
});

const VERSION_STATES = ['SIGNING', 'SENT', 'MINED', 'REFUSED', 'DEAD'] as const;
type TransactionVersionState = (typeof VERSION_STATES)[number];

const VERSION_DESCRIPTIONS: Readonly<Record<TransactionVersionState, string>> = {
  SIGNING: 'The signer nodes are asked to sign it.',
  SENT: 'It was sent to the network.',
  MINED: 'A block holds it: it is the payment.',
  REFUSED: 'The signer nodes or the policy refused it.',
  DEAD: 'The transfer ended without it.',
};

export const TransactionVersionStateEnum = Object.fromEntries(
  VERSION_STATES.map((state) => [state, state]),
) as { readonly [S in TransactionVersionState]: S };
registerEnumType(TransactionVersionStateEnum, {
  name: 'TransactionVersionState',
  description: 'How far one of the transactions of a transfer is.',
  valuesConfig: Object.fromEntries(
    VERSION_STATES.map((state) => [state, { description: VERSION_DESCRIPTIONS[state] }]),
  ),
});

@ObjectType('EndReason', { description: 'Why a transfer ended without its payment.' })
export class EndReason {
  @Field(() => String, { description: 'A stable code, e.g. `POLICY_DENIED`.' })
  code!: string;

  @Field(() => String, { description: 'The same in words.' })
  message!: string;
}

@ObjectType('TransactionVersion', {
  description:
    'One of the transactions that a transfer stands for: they differ in their fee alone.',
})
export class TransactionVersion {
  @Field(() => TransactionVersionStateEnum, { description: 'How far it is.' })
  state!: TransactionVersionState;

  @Field(() => String, { nullable: true, description: 'Its hash; absent until it is signed.' })
  hash?: string | null;

  @Field(() => BaseUnitsScalar, {
    description: 'The most that it can cost in fees, in base units of the native asset.',
  })
  maxFee!: bigint;

  @Field(() => EndReason, { nullable: true, description: 'Why it was refused.' })
  refusal?: EndReason | null;

  @Field(() => DateTimeScalar, { description: 'When it was drafted.' })
  createdAt!: number;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was signed and sent.' })
  signedAt?: number | null;
}

@ObjectType('Transaction', { description: 'The transaction on the network that pays a transfer.' })
export class Transaction {
  @Field(() => String, {
    nullable: true,
    description:
      'The hash, as the network and its explorers write it; absent until it is signed. Of several ' +
      'versions the one that a block holds, and before that the newest.',
  })
  hash?: string | null;

  @Field(() => String, { description: 'The sequence number of the paying account.' })
  nonce!: string;

  @Field(() => BaseUnitsScalar, {
    description: 'The most that it can cost in fees, in base units of the native asset.',
  })
  maxFee!: bigint;

  @Field(() => String, { nullable: true, description: 'The height of the block that contains it.' })
  blockNumber?: string | null;

  @Field(() => String, { nullable: true, description: 'The hash of the block that contains it.' })
  blockHash?: string | null;

  @Field(() => BaseUnitsScalar, {
    nullable: true,
    description: 'What was paid in fees, in base units of the native asset.',
  })
  feePaid?: bigint | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was signed and sent.' })
  signedAt?: number | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was confirmed.' })
  confirmedAt?: number | null;

  @Field(() => [TransactionVersion], {
    description: 'The first transaction, and those with raised fees that were to take its place.',
  })
  versions!: readonly TransactionVersion[];
}

@ObjectType('TimelineEntry', { description: 'One step in the life of a transfer.' })
export class TimelineEntry {
  @Field(() => String, { description: 'What happened, as the audit log names it.' })
  action!: string;

  @Field(() => TransferStateEnum, {
    nullable: true,
    description: 'The state that the step led to; absent where the state stayed.',
  })
  state?: TransferState | null;

  @Field(() => DateTimeScalar, { description: 'When it happened.' })
  at!: number;

  @Field(() => User, { nullable: true, description: 'Who did it; absent where the platform did.' })
  actor?: User | null;
}

@ObjectType('Transfer', {
  implements: NodeInterface,
  description: 'One payment, or one allowance: see `kind`.',
})
export class Transfer extends NodeInterface {
  @Field(() => String, { description: "The caller's own id of the request." })
  externalId!: string;

  @Field(() => TransferKind, { description: 'What is asked for, as the signed intent says.' })
  kind!: TransferKind;

  @Field(() => TransferStateEnum, { description: 'How far it is.' })
  state!: TransferState;

  @Field(() => Wallet, { description: 'The wallet that pays, or whose tokens may be taken.' })
  wallet!: Later<Wallet>;

  @Field(() => Network, { description: 'The network that it happens on.' })
  network!: Network;

  @Field(() => Asset, { description: 'What is paid.' })
  asset!: Asset;

  @Field(() => BaseUnitsScalar, {
    description: 'The amount in base units; of an allowance the most that may be taken.',
  })
  amount!: bigint;

  @Field(() => Boolean, {
    description: 'Whether it is an allowance without a bound; its amount is 2^256 - 1 then.',
  })
  unlimited!: boolean;

  @Field(() => String, {
    description:
      'For people: `50,000 USDC`, `allowance of 50,000 USDC`, `unlimited allowance of USDC`.',
  })
  display!: string;

  @Field(() => String, {
    description: 'The address of the recipient or the spender, in its canonical spelling.',
  })
  to!: string;

  @Field(() => String, {
    nullable: true,
    description: 'A note that is signed with the intent; Solana networks publish it.',
  })
  memo?: string | null;

  @Field(() => BaseUnitsScalar, {
    nullable: true,
    description: 'The most that may be paid in fees, in base units of the native asset.',
  })
  maxFee?: bigint | null;

  @Field(() => User, { description: 'Who signed the request.' })
  initiator!: User;

  @Field(() => String, { description: 'The canonical text that the initiator signed.' })
  intent!: string;

  @Field(() => HexScalar, { description: 'SHA-256 of the intent.' })
  intentHash!: string;

  @Field(() => PolicyDecision, {
    nullable: true,
    description: 'What the policy decided and why; absent while it lacks a fact.',
  })
  decision?: PolicyDecision | null;

  @Field(() => [PolicyDecision], {
    description:
      'Every decision about it, oldest first: the policy is asked again before it is paid.',
  })
  decisions!: readonly PolicyDecision[];

  @Field(() => [Approval], { description: 'The approvals that were asked for.' })
  approvals!: readonly Approval[];

  @Field(() => Transaction, { nullable: true, description: 'The transaction, once it is drafted.' })
  transaction?: Transaction | null;

  @Field(() => [TimelineEntry], { description: 'Every step so far, oldest first.' })
  timeline!: readonly TimelineEntry[];

  @Field(() => Waiting, { nullable: true, description: 'What keeps it from its next step.' })
  waiting?: Waiting | null;

  @Field(() => EndReason, { nullable: true, description: 'Why it ended without its payment.' })
  reason?: EndReason | null;

  @Field(() => DateTimeScalar, { description: 'When it was requested.' })
  createdAt!: number;

  @Field(() => DateTimeScalar, { description: 'When it last changed.' })
  updatedAt!: number;

  @Field(() => DateTimeScalar, { description: 'Until when the signed request is good.' })
  expiresAt!: number;

  @Field(() => Int, { description: 'Grows with each change.' })
  version!: number;
}

export const TransferConnection = connectionOf('Transfer', () => Transfer, 'newest first');

@InputType('TransferFilter', { description: 'Which transfers; every given field must hold.' })
export class TransferFilter {
  @Field(() => ID, { nullable: true, description: 'Only transfers of this wallet.' })
  walletId?: string | null;

  @Field(() => [TransferStateEnum], {
    nullable: true,
    description: 'Only transfers in one of these states.',
  })
  states?: TransferState[] | null;
}

@ArgsType()
export class TransfersArgs extends PageArgs {
  @Field(() => TransferFilter, { nullable: true, description: 'Which transfers; all by default.' })
  filter?: TransferFilter | null;
}

@InputType('CreateTransferInput', { description: 'A payment to be made.' })
export class CreateTransferInput {
  @Field(() => ID, { description: 'The paying wallet.' })
  walletId!: string;

  @Field(() => String, { description: 'The id of the asset, e.g. `USDC@local-evm`.' })
  asset!: string;

  @Field(() => BaseUnitsScalar, { description: 'The amount in base units.' })
  amount!: bigint;

  @Field(() => String, { description: 'The address of the recipient.' })
  to!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'A note, signed with the intent. It stays in the platform, but Solana networks publish it.',
  })
  memo?: string | null;

  @Field(() => String, {
    description: 'Your own id of this payment: the same id and input return the same transfer.',
  })
  externalId!: string;

  @Field(() => BaseUnitsScalar, {
    nullable: true,
    description: 'The most that may be paid in fees, in base units of the native asset.',
  })
  maxFee?: bigint | null;
}

@InputType('CreateAllowanceInput', { description: 'An ERC-20 allowance to be given.' })
export class CreateAllowanceInput {
  @Field(() => ID, { description: 'The wallet whose tokens may be taken.' })
  walletId!: string;

  @Field(() => String, { description: 'The id of the token, e.g. `USDC@local-evm`.' })
  asset!: string;

  @Field(() => String, { description: 'The address that may take them.' })
  spender!: string;

  @Field(() => BaseUnitsScalar, {
    nullable: true,
    description: 'The most that may be taken, in base units; 0 takes an allowance back.',
  })
  amount?: bigint | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'In the place of an amount: without a bound. The policy must name it.',
  })
  unlimited?: boolean | null;

  @Field(() => String, { nullable: true, description: 'A note, signed with the intent.' })
  memo?: string | null;

  @Field(() => String, {
    description: 'Your own id of this request: the same id and input return the same object.',
  })
  externalId!: string;

  @Field(() => BaseUnitsScalar, {
    nullable: true,
    description: 'The most that may be paid in fees, in base units of the native asset.',
  })
  maxFee?: bigint | null;
}

@ObjectType('CreateAllowancePayload', { description: 'The new allowance, as the policy decided.' })
export class CreateAllowancePayload {
  @Field(() => Transfer, {
    description: 'Of the kind ALLOWANCE. A refused one is in state REJECTED.',
  })
  transfer!: Transfer;
}

@ObjectType('CreateTransferPayload', { description: 'The new transfer, as the policy decided.' })
export class CreateTransferPayload {
  @Field(() => Transfer, { description: 'A refused payment is a transfer in state REJECTED.' })
  transfer!: Transfer;
}

@InputType('CancelTransferInput', { description: 'A transfer to be withdrawn.' })
export class CancelTransferInput {
  @Field(() => ID, { description: 'The transfer. It must not have reached SIGNING.' })
  transferId!: string;
}

@ObjectType('CancelTransferPayload', { description: 'The withdrawn transfer.' })
export class CancelTransferPayload {
  @Field(() => Transfer, { description: 'In state CANCELLED.' })
  transfer!: Transfer;
}

@InputType('SpeedUpTransferInput', { description: 'A transfer that is to be paid sooner.' })
export class SpeedUpTransferInput {
  @Field(() => ID, { description: 'The transfer. It must be in BROADCAST, and in no block.' })
  transferId!: string;

  @Field(() => BaseUnitsScalar, {
    nullable: true,
    description:
      'The most that may be paid in fees now, in base units of the native asset; at most, and by ' +
      'default, the cap of the signed request.',
  })
  maxFee?: bigint | null;

  @Field(() => String, {
    description: 'Your own id of this request: the same id and input raise the fee once.',
  })
  externalId!: string;
}

@ObjectType('SpeedUpTransferPayload', { description: 'The transfer whose fee is raised.' })
export class SpeedUpTransferPayload {
  @Field(() => Transfer, { description: 'In BROADCAST, with one more version of its transaction.' })
  transfer!: Transfer;
}
