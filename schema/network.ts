/** Networks and the assets on them, as the registry of this installation knows them. */
import { ArgsType, Field, InputType, Int, ObjectType } from 'type-graphql';
import { ChangeRequest } from './change.ts';
import { DateTimeScalar } from './scalars.ts';
import { connectionOf, type Later, NodeInterface, PageArgs } from './node.ts';

@ObjectType('NetworkAlarm', {
  description: 'A chain without blocks that it had before: nothing is sent or confirmed there.',
})
export class NetworkAlarm {
  @Field(() => String, { description: 'What was found, and what can be done about it.' })
  message!: string;

  @Field(() => DateTimeScalar, { description: 'When it was noticed.' })
  since!: number;
}

@ObjectType('Network', {
  implements: NodeInterface,
  description: 'A chain that the platform knows. Its id is its name, e.g. `local-evm`.',
})
export class Network extends NodeInterface {
  @Field(() => String, { description: 'The name that people read.' })
  name!: string;

  @Field(() => String, {
    description: 'The family of chains, `evm` or `solana`: same keys and addresses.',
  })
  family!: string;

  @Field(() => String, { nullable: true, description: 'The EIP-155 chain id, on EVM networks.' })
  chainId?: string | null;

  @Field(() => Int, { description: 'How many blocks make a transaction count as confirmed.' })
  confirmations!: number;

  @Field(() => Boolean, { description: 'Whether this installation is connected to it.' })
  connected!: boolean;

  @Field(() => Boolean, {
    description: 'A throw-away chain on this machine, whose coins are worth nothing.',
  })
  local!: boolean;

  @Field(() => NetworkAlarm, {
    nullable: true,
    description: 'Stands while the chain is not the one that it was.',
  })
  alarm?: NetworkAlarm | null;

  @Field(() => Asset, { description: 'The asset that fees are paid in.' })
  nativeAsset!: Later<Asset>;
}

@ObjectType('Asset', {
  implements: NodeInterface,
  description: 'A token or native coin on one network. Its id is `SYMBOL@network`.',
})
export class Asset extends NodeInterface {
  @Field(() => String, { description: 'The short name, e.g. `USDC`.' })
  symbol!: string;

  @Field(() => String, { description: 'The name that people read.' })
  name!: string;

  @Field(() => Int, { description: 'How many decimals the display form has: 6 for USDC.' })
  decimals!: number;

  @Field(() => Network, { description: 'The network that the asset lives on.' })
  network!: Network;

  @Field(() => String, {
    nullable: true,
    description: 'The address of the token contract; absent for the native coin.',
  })
  contract?: string | null;

  @Field(() => Boolean, {
    description: 'Registered by the organisation, and nothing new is paid with it.',
  })
  retired!: boolean;
}

@InputType('RegisterAssetInput', { description: "A token of the organisation's own." })
export class RegisterAssetInput {
  @Field(() => String, { description: 'The id of its network.' })
  network!: string;

  @Field(() => String, { description: 'The address of its contract: ERC-20, or an SPL mint.' })
  contract!: string;

  @Field(() => String, {
    description: 'Up to 16 letters, digits and points; it looks like no other asset.',
  })
  symbol!: string;

  @Field(() => String, { description: 'The name that people read, 1 to 100 characters.' })
  name!: string;

  @Field(() => Int, { description: 'As its contract says, 0 to 30. It never changes.' })
  decimals!: number;
}

@ObjectType('RegisterAssetPayload', { description: 'What registers the asset.' })
export class RegisterAssetPayload {
  @Field(() => ChangeRequest, { description: 'The change of authority; its subject is the asset.' })
  change!: Later<ChangeRequest>;
}

@InputType('RetireAssetInput', { description: 'A token that is paid no more.' })
export class RetireAssetInput {
  @Field(() => String, { description: 'The id of the asset.' })
  asset!: string;
}

@ObjectType('RetireAssetPayload', { description: 'What retires the asset.' })
export class RetireAssetPayload {
  @Field(() => ChangeRequest, { description: 'The change of authority.' })
  change!: Later<ChangeRequest>;
}

export const AssetConnection = connectionOf('Asset', () => Asset, 'sorted by id');

@ArgsType()
export class AssetsArgs extends PageArgs {
  @Field(() => String, { nullable: true, description: 'Only the assets of this network.' })
  network?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only assets whose symbol or name contains this text, whatever its case.',
  })
  search?: string | null;
}
