/** The executable schema: every resolver, and through them every noun. */
import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { ApprovalResolver, DecisionResolver } from './approval-resolver.ts';
import { CredentialResolver } from './credential-resolver.ts';
import { PolicyDecisionResolver } from './decision-resolver.ts';
import { FreezingResolver } from './freezing-resolver.ts';
import { KeyResolver } from './key-resolver.ts';
import { ChangeRequestResolver } from './change-resolver.ts';
import { GroupMemberResolver, ListsResolver } from './lists-resolver.ts';
import { PolicyBundleResolver } from './policy-resolver.ts';
import { AuditEventResolver, EventResolver, SignerResolver } from './record-resolver.ts';
import { NodeChangeResolver } from './node-change-resolver.ts';
import { AssetResolver, NetworkResolver } from './registry-resolver.ts';
import { SessionResolver } from './session-resolver.ts';
import { TimelineEntryResolver, TransferResolver } from './transfer-resolver.ts';
import { OrganizationResolver, UserResolver, ViewerResolver } from './user-resolver.ts';
import { WalletResolver } from './wallet-resolver.ts';

/** type-graphql wants one wherever there are subscriptions; ours bring their own streams. */
const noTopics = {
  publish: () => undefined,
  subscribe: (): never => {
    throw new Error('subscriptions here have streams, no topics');
  },
};

export const buildPlatformSchema = (): GraphQLSchema =>
  buildSchemaSync({
    resolvers: [
      ApprovalResolver,
      AssetResolver,
      AuditEventResolver,
      ChangeRequestResolver,
      CredentialResolver,
      DecisionResolver,
      EventResolver,
      FreezingResolver,
      NodeChangeResolver,
      GroupMemberResolver,
      KeyResolver,
      ListsResolver,
      NetworkResolver,
      OrganizationResolver,
      PolicyBundleResolver,
      PolicyDecisionResolver,
      SessionResolver,
      SignerResolver,
      TimelineEntryResolver,
      TransferResolver,
      UserResolver,
      ViewerResolver,
      WalletResolver,
    ],
    pubSub: noTopics,
    validate: false,
  });
