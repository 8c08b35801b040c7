/** Stopping a wallet, the organisation or a key, and letting it go on. */
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { ChangeRequest } from './change.ts';
import { Key } from './key.ts';
import type { Later } from './node.ts';
import { Organization } from './organization.ts';
import { Wallet } from './wallet.ts';

@InputType('FreezeWalletInput', { description: 'A wallet that pays nothing from now on.' })
export class FreezeWalletInput {
  @Field(() => ID, { description: 'The id of the wallet.' })
  walletId!: string;
}

@ObjectType('FreezeWalletPayload', { description: 'The frozen wallet.' })
export class FreezeWalletPayload {
  @Field(() => Wallet, { description: 'It is frozen.' })
  wallet!: Later<Wallet>;

  @Field(() => ChangeRequest, { description: 'The change of authority.' })
  change!: Later<ChangeRequest>;
}

@InputType('UnfreezeWalletInput', { description: 'A frozen wallet that may pay again.' })
export class UnfreezeWalletInput {
  @Field(() => ID, { description: 'The id of the wallet.' })
  walletId!: string;
}

@ObjectType('UnfreezeWalletPayload', { description: 'The wallet, and what its release waits for.' })
export class UnfreezeWalletPayload {
  @Field(() => Wallet, { description: 'Frozen until somebody else has approved of it.' })
  wallet!: Later<Wallet>;

  @Field(() => ChangeRequest, { description: 'The change of authority.' })
  change!: Later<ChangeRequest>;
}

@InputType('FreezeOrganizationInput', { description: 'Nothing is signed for it from now on.' })
export class FreezeOrganizationInput {
  @Field(() => ID, { description: "The id of one's own organisation." })
  organizationId!: string;
}

@ObjectType('FreezeOrganizationPayload', { description: 'The frozen organisation.' })
export class FreezeOrganizationPayload {
  @Field(() => Organization, { description: 'It is frozen.' })
  organization!: Later<Organization>;

  @Field(() => ChangeRequest, { description: 'The change of authority.' })
  change!: Later<ChangeRequest>;
}

@InputType('UnfreezeOrganizationInput', { description: 'Its wallets may pay again.' })
export class UnfreezeOrganizationInput {
  @Field(() => ID, { description: "The id of one's own organisation." })
  organizationId!: string;
}

@ObjectType('UnfreezeOrganizationPayload', {
  description: 'The organisation, and what its release waits for.',
})
export class UnfreezeOrganizationPayload {
  @Field(() => Organization, { description: 'Frozen until somebody else has approved of it.' })
  organization!: Later<Organization>;

  @Field(() => ChangeRequest, { description: 'The change of authority.' })
  change!: Later<ChangeRequest>;
}

@InputType('UnlockKeyInput', {
  description: 'A key that its nodes locked after a session that one of them broke.',
})
export class UnlockKeyInput {
  @Field(() => ID, { description: 'The id of the key.' })
  keyId!: string;
}

@ObjectType('UnlockKeyPayload', { description: 'The key.' })
export class UnlockKeyPayload {
  @Field(() => Key, {
    description: "It signs again once each node's operator has agreed and it was refreshed.",
  })
  key!: Later<Key>;

  @Field(() => ChangeRequest, { description: 'The change of authority.' })
  change!: Later<ChangeRequest>;
}
