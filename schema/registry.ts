/** The registry: lists and groups that policies read `from "registry"`. */
import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { ChangeRequest } from './change.ts';
import type { Later } from './node.ts';
import { User } from './organization.ts';

@ObjectType('AddressListEntry', { description: 'One address of a list.' })
export class AddressListEntry {
  @Field(() => String, { description: 'Whose it is, for people.' })
  label!: string;

  @Field(() => String, { description: 'The network, e.g. `ethereum`.' })
  network!: string;

  @Field(() => String, { description: "In its network's own spelling." })
  address!: string;
}

@ObjectType('AddressList', { description: 'Addresses that a policy reads `from "registry"`.' })
export class AddressList {
  @Field(() => String, { description: 'As policies write it, e.g. `approved-vendors`.' })
  name!: string;

  @Field(() => Int, { description: 'How often it was set.' })
  version!: number;

  @Field(() => [AddressListEntry], { description: 'In the order of network and address.' })
  entries!: readonly AddressListEntry[];
}

@ObjectType('GroupMember', { description: 'One person of a group.' })
export class GroupMember {
  @Field(() => String, { description: 'The e-mail address, as the group names it.' })
  email!: string;

  @Field(() => User, { description: 'The user who had the address when the group was set.' })
  user!: User;
}

@ObjectType('Group', { description: 'People whom a policy reads `from "registry"`.' })
export class Group {
  @Field(() => String, { description: 'As policies write it, e.g. `managers`.' })
  name!: string;

  @Field(() => Int, { description: 'How often it was set.' })
  version!: number;

  @Field(() => [GroupMember], {
    description: 'In the order of their addresses. Only who is active counts.',
  })
  members!: readonly GroupMember[];
}

@InputType('AddressListEntryInput', { description: 'One address of a list.' })
export class AddressListEntryInput {
  @Field(() => String, { description: 'Whose it is, for people; at most 100 characters.' })
  label!: string;

  @Field(() => String, { description: 'The network, e.g. `ethereum`.' })
  network!: string;

  @Field(() => String, { description: 'The address.' })
  address!: string;
}

@InputType('SetAddressListInput', { description: 'A whole list, as it is to be.' })
export class SetAddressListInput {
  @Field(() => String, {
    description: 'As policies write it: lower-case letters, digits, single hyphens.',
  })
  name!: string;

  @Field(() => [AddressListEntryInput], {
    description: 'Up to 2,000 addresses, each once; none empties the list.',
  })
  entries!: AddressListEntryInput[];
}

@ObjectType('SetAddressListPayload', { description: 'The change of the list.' })
export class SetAddressListPayload {
  @Field(() => ChangeRequest, { description: 'The change of authority.' })
  change!: Later<ChangeRequest>;
}

@InputType('SetGroupInput', { description: 'A whole group, as it is to be.' })
export class SetGroupInput {
  @Field(() => String, {
    description: 'As policies write it: lower-case letters, digits, single hyphens.',
  })
  name!: string;

  @Field(() => [String], { description: 'The e-mail addresses of up to 200 people.' })
  members!: string[];
}

@ObjectType('SetGroupPayload', { description: 'The change of the group.' })
export class SetGroupPayload {
  @Field(() => ChangeRequest, { description: 'The change of authority.' })
  change!: Later<ChangeRequest>;
}
