/** Wallets: a key that the signer nodes share, its address on a network, and what it holds. */
import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { ChangeRequest, NodeReceipt } from './change.ts';
import { Key } from './key.ts';
import { Asset, Network } from './network.ts';
import { type Connection, connectionOf, type Later, NodeInterface } from './node.ts';
import { Waiting } from './waiting.ts';
import { User } from './organization.ts';
import { BaseUnitsScalar, DateTimeScalar } from './scalars.ts';
import { type Transfer, TransferConnection } from './transfer.ts';

export const WalletState = {
  CREATING: 'CREATING',
  ACTIVE: 'ACTIVE',
  ARCHIVED: 'ARCHIVED',
} as const;
export type WalletState = (typeof WalletState)[keyof typeof WalletState];
registerEnumType(WalletState, {
  name: 'WalletState',
  description: 'How far a wallet is.',
  valuesConfig: {
    CREATING: { description: 'The signer nodes generate its key and sign its address.' },
    ACTIVE: {
      description: 'Every node that holds its key has signed its address, and it can pay.',
    },
    ARCHIVED: { description: 'Kept for the record; it accepts no new transfer.' },
  },
});

@ObjectType('Balance', { description: 'What a wallet holds of one asset, as the chain tells.' })
export class Balance {
  @Field(() => Asset, { description: 'The asset.' })
  asset!: Asset;

  @Field(() => BaseUnitsScalar, { description: 'The amount in base units.' })
  amount!: bigint;

  @Field(() => String, { description: 'The amount for people, e.g. `50,000.25 USDC`.' })
  display!: string;
}

@ObjectType('Wallet', {
  implements: NodeInterface,
  description: 'An address whose key the signer nodes share.',
})
export class Wallet extends NodeInterface {
  @Field(() => String, { description: 'The name that people read.' })
  name!: string;

  @Field(() => Network, { description: 'The network that it lives on.' })
  network!: Network;

  @Field(() => WalletState, { description: 'How far it is.' })
  state!: WalletState;

  @Field(() => String, {
    nullable: true,
    description: 'Where it receives; absent until the nodes have signed it.',
  })
  address?: string | null;

  @Field(() => [NodeReceipt], {
    description:
      'What each signer node that holds its key has signed of this address, path and key. Check them with ' +
      'the public keys of the nodes before the address is given to anybody: believe nobody else.',
  })
  attestations!: readonly NodeReceipt[];

  @Field(() => Key, { description: 'The key that it is, or is derived from.' })
  key!: Later<Key>;

  @Field(() => String, {
    description: 'The BIP-32 path from the key to its own; `m` is the key itself.',
  })
  path!: string;

  @Field(() => Boolean, {
    description: 'It pays nothing until two people have released it.',
  })
  frozen!: boolean;

  @Field(() => [String], { description: 'Labels that policies select wallets by.' })
  tags!: readonly string[];

  @Field(() => String, { nullable: true, description: "The caller's own id of the request." })
  externalId?: string | null;

  @Field(() => User, { description: 'Who made it.' })
  createdBy!: User;

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: number;

  @Field(() => Waiting, { nullable: true, description: 'What keeps it from being ACTIVE.' })
  waiting?: Waiting | null;

  @Field(() => TransferConnection, { description: 'The transfers that it paid or is to pay.' })
  transfers!: Connection<Transfer>;

  @Field(() => [Balance], {
    description: 'What it holds of every asset of its network, read from the chain now.',
  })
  balances!: readonly Balance[];
}

export const WalletConnection = connectionOf('Wallet', () => Wallet, 'newest first');

@ObjectType('LocalWallet', { description: 'What the operator needs to fund a wallet.' })
export class LocalWallet {
  @Field(() => ID, { description: 'The id of the wallet.' })
  id!: string;

  @Field(() => String, { description: 'The id of its network.' })
  network!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Where it receives; absent until the nodes have signed it.',
  })
  address?: string | null;
}

@InputType('CreateWalletInput', { description: 'A wallet to be made.' })
export class CreateWalletInput {
  @Field(() => String, { description: 'The id of a network, e.g. `local-evm`.' })
  network!: string;

  @Field(() => String, { description: 'The name that people read, 1 to 100 characters.' })
  name!: string;

  @Field(() => [String], { nullable: true, description: 'Labels that policies select by.' })
  tags?: string[] | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'An active key: the wallet takes its next path, e.g. `m/44/60/0/0/3`. Without it the wallet ' +
      'gets a key of its own.',
  })
  keyId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Your own id of this request: the same id and input return the same wallet.',
  })
  externalId?: string | null;
}

@InputType('UpdateWalletInput', { description: 'What is to become of a wallet.' })
export class UpdateWalletInput {
  @Field(() => ID, { description: 'The id of the wallet.' })
  walletId!: string;

  @Field(() => [String], {
    description: 'All labels that it has afterwards, up to 20: policies select by them.',
  })
  tags!: string[];
}

@ObjectType('UpdateWalletPayload', { description: 'The wallet, and the change of its tags.' })
export class UpdateWalletPayload {
  @Field(() => Wallet, { description: 'With its new tags once the change is applied.' })
  wallet!: Later<Wallet>;

  @Field(() => ChangeRequest, { description: 'The change of authority.' })
  change!: Later<ChangeRequest>;
}

@ObjectType('CreateWalletPayload', { description: 'The new wallet.' })
export class CreateWalletPayload {
  @Field(() => Wallet, { description: 'In state CREATING until its key is generated.' })
  wallet!: Wallet;

  @Field(() => ChangeRequest, { description: 'The change of authority that asked for it.' })
  change!: Later<ChangeRequest>;
}
