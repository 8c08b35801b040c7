/**
 * The input of a user action is JSON, because it is the input of any signed mutation. It is read by
 * the very input type of that mutation, so that nothing can be signed that could not be sent.
 */
import {
  coerceInputValue,
  type GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';
import { invalidInput, isPlatformError, PlatformError } from '#core/errors.ts';
import type { UserActionOperation, UserActionRequest } from '#workflow/inputs.ts';
import type { DecideApprovalInput } from '#schema/approval.ts';
import type {
  CreateKeyInput,
  ExportKeyInput,
  ImportKeyInput,
  RefreshKeyInput,
  ReshareKeyInput,
} from '#schema/key.ts';
import type { RegisterAssetInput, RetireAssetInput } from '#schema/network.ts';
import type { PublishPolicyInput } from '#schema/policy.ts';
import type { AddCredentialInput, RevokeCredentialInput } from '#schema/credential.ts';
import type {
  FreezeOrganizationInput,
  FreezeWalletInput,
  UnfreezeOrganizationInput,
  UnfreezeWalletInput,
  UnlockKeyInput,
} from '#schema/freezing.ts';
import type { ReadmitNodeInput, RestoreNodeInput } from '#schema/node-change.ts';
import type { SetAddressListInput, SetGroupInput } from '#schema/registry.ts';
import type {
  ChangeRolesInput,
  CreateServiceAccountInput,
  DeactivateUserInput,
  RecoverUserInput,
} from '#schema/user.ts';
import type { InviteUserInput } from '#schema/session.ts';
import type { CreateAllowanceInput, CreateTransferInput } from '#schema/transfer.ts';
import type { CreateWalletInput, UpdateWalletInput } from '#schema/wallet.ts';

/** The scalar's exact numbers as the text that is signed, and parsed again by the use case. */
export const transferInputOf = (input: CreateTransferInput) => ({
  ...input,
  amount: input.amount.toString(),
  maxFee: input.maxFee?.toString() ?? null,
});

export const allowanceInputOf = (input: CreateAllowanceInput) => ({
  ...input,
  amount: input.amount?.toString() ?? null,
  maxFee: input.maxFee?.toString() ?? null,
});

type Reader = (input: unknown) => UserActionRequest;

const READERS: Readonly<Record<UserActionOperation, Reader>> = {
  createTransfer: (input) => ({
    operation: 'createTransfer',
    input: transferInputOf(input as CreateTransferInput),
  }),
  createAllowance: (input) => ({
    operation: 'createAllowance',
    input: allowanceInputOf(input as CreateAllowanceInput),
  }),
  createWallet: (input) => ({ operation: 'createWallet', input: input as CreateWalletInput }),
  updateWallet: (input) => ({ operation: 'updateWallet', input: input as UpdateWalletInput }),
  createKey: (input) => ({ operation: 'createKey', input: input as CreateKeyInput }),
  refreshKey: (input) => ({ operation: 'refreshKey', input: input as RefreshKeyInput }),
  reshareKey: (input) => ({ operation: 'reshareKey', input: input as ReshareKeyInput }),
  importKey: (input) => ({ operation: 'importKey', input: input as ImportKeyInput }),
  exportKey: (input) => ({ operation: 'exportKey', input: input as ExportKeyInput }),
  decideApproval: (input) => ({ operation: 'decideApproval', input: input as DecideApprovalInput }),
  publishPolicy: (input) => ({ operation: 'publishPolicy', input: input as PublishPolicyInput }),
  inviteUser: (input) => ({ operation: 'inviteUser', input: input as InviteUserInput }),
  createServiceAccount: (input) => ({
    operation: 'createServiceAccount',
    input: input as CreateServiceAccountInput,
  }),
  deactivateUser: (input) => ({ operation: 'deactivateUser', input: input as DeactivateUserInput }),
  changeRoles: (input) => ({ operation: 'changeRoles', input: input as ChangeRolesInput }),
  recoverUser: (input) => ({ operation: 'recoverUser', input: input as RecoverUserInput }),
  addCredential: (input) => ({ operation: 'addCredential', input: input as AddCredentialInput }),
  revokeCredential: (input) => ({
    operation: 'revokeCredential',
    input: input as RevokeCredentialInput,
  }),
  setAddressList: (input) => ({ operation: 'setAddressList', input: input as SetAddressListInput }),
  setGroup: (input) => ({ operation: 'setGroup', input: input as SetGroupInput }),
  registerAsset: (input) => ({ operation: 'registerAsset', input: input as RegisterAssetInput }),
  retireAsset: (input) => ({ operation: 'retireAsset', input: input as RetireAssetInput }),
  freezeWallet: (input) => ({ operation: 'freezeWallet', input: input as FreezeWalletInput }),
  unfreezeWallet: (input) => ({ operation: 'unfreezeWallet', input: input as UnfreezeWalletInput }),
  freezeOrganization: (input) => ({
    operation: 'freezeOrganization',
    input: input as FreezeOrganizationInput,
  }),
  unfreezeOrganization: (input) => ({
    operation: 'unfreezeOrganization',
    input: input as UnfreezeOrganizationInput,
  }),
  readmitNode: (input) => ({ operation: 'readmitNode', input: input as ReadmitNodeInput }),
  restoreNode: (input) => ({ operation: 'restoreNode', input: input as RestoreNodeInput }),
  unlockKey: (input) => ({ operation: 'unlockKey', input: input as UnlockKeyInput }),
};

const isSignedOperation = (text: string): text is UserActionOperation =>
  Object.hasOwn(READERS, text);

function inputTypeOf(schema: GraphQLSchema, operation: UserActionOperation): GraphQLInputType {
  const mutation = schema.getMutationType()?.getFields()[operation];
  const type = mutation?.args.find(({ name }) => name === 'input')?.type;
  if (type === undefined) throw new Error(`there is no mutation ${operation} with an input`);
  return type;
}

function refuse(path: readonly (string | number)[], error: GraphQLError): never {
  const field = ['input', ...path].join('.');
  const cause = error.originalError;
  if (isPlatformError(cause)) throw new PlatformError(cause.code, { ...cause.context, field });
  throw invalidInput(field, error.message.replace(/\.$/, ''), 'Send what the mutation will take.');
}

/** @throws INVALID_INPUT naming the field, as the mutation itself would */
export function parseUserActionRequest(
  schema: GraphQLSchema,
  request: { readonly operation: string; readonly input: unknown },
): UserActionRequest {
  const { operation, input } = request;
  if (!isSignedOperation(operation)) {
    const known = Object.keys(READERS).join(', ');
    throw invalidInput('operation', 'not a signed mutation', `Name one of ${known}.`);
  }
  const coerced: unknown = coerceInputValue(
    input,
    inputTypeOf(schema, operation),
    (path, _value, error) => refuse(path, error),
  );
  return READERS[operation](coerced);
}
