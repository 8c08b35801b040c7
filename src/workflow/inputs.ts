/**
 * The inputs of the mutations, as a client sends them, and their canonical forms. `beginUserAction`
 * and the mutation itself read them with the same parser, and the SDK builds the same canonical
 * objects, so that what is signed is what is done.
 */
import { invalidInput } from '#core/errors.ts';
import { type ApprovalId, type KeyId, parseId, type WalletId } from '#core/ids.ts';
import { type AssetId, type NetworkId, networkOf, parseUnits } from '#core/money.ts';
import { isUnlimited, UNLIMITED_UNITS } from '#core/allowance.ts';
import { parseScheme, type Scheme } from '#core/scheme.ts';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import type { CeremonyAnswer } from '#identity/ceremony.ts';
import type { RevokeCredentialInput } from '#identity/credential.ts';
import type { DeactivateUserInput } from '#identity/deactivation.ts';
import type { InviteInput } from '#identity/invitation.ts';
import type { RecoverUserInput } from '#identity/recovery.ts';
import type { ChangeRolesInput } from '#identity/roles.ts';
import type { ServiceAccountInput } from '#identity/service-account.ts';
import {
  parseDealing,
  parseObjectName,
  parseParties,
  parseRecipientKey,
  parseTags,
  parseThreshold,
  requireExternalId,
} from '#mandate/fields.ts';
import { ALLOWANCE_DOMAIN, INTENT_DOMAIN } from '#mandate/intent.ts';
import { knownAsset } from '#mandate/authority/assets.ts';
import type { OwnAssets, RegisterAssetInput, RetireAssetInput } from './assets.ts';
import type { OrganizationChoiceInput, WalletChoiceInput } from './freezing.ts';
import type { ReadmitNodeInput, RestoreNodeInput } from './node-change.ts';
import type { AddressListInput, GroupInput } from './registry.ts';

/** `amount` and `maxFee` are base units as decimal text. */
export type CreateTransferInput = {
  readonly walletId: string;
  readonly asset: string;
  readonly amount: string;
  readonly to: string;
  readonly memo?: string | null;
  readonly externalId: string;
  readonly maxFee?: string | null;
};

/** Either `amount`, in base units as decimal text, or `unlimited`. */
export type CreateAllowanceInput = Omit<CreateTransferInput, 'amount' | 'to'> & {
  readonly spender: string;
  readonly amount?: string | null;
  readonly unlimited?: boolean | null;
};

export type CreateWalletInput = {
  readonly network: string;
  readonly name: string;
  readonly tags?: readonly string[] | null;
  /** A key that exists; absent: the wallet gets one of its own. */
  readonly keyId?: string | null;
  readonly externalId?: string | null;
};

/** All tags that the wallet has afterwards. */
export type UpdateWalletInput = { readonly walletId: string; readonly tags: readonly string[] };

export type CreateKeyInput = {
  readonly name: string;
  readonly scheme: string;
  readonly externalId?: string | null;
};

export type RefreshKeyInput = { readonly keyId: string };

export type ImportKeyInput = CreateKeyInput & { readonly dealing: string };

export type ReshareKeyInput = {
  readonly keyId: string;
  readonly dealers: readonly number[];
  readonly receivers: readonly number[];
  readonly threshold: number;
};

/** `recipient` is 32 bytes in hex. */
export type ExportKeyInput = {
  readonly keyId: string;
  readonly recipient: string;
  readonly exporters: readonly number[];
};

export type DecideApprovalInput = {
  readonly approvalId: string;
  readonly decision: 'APPROVE' | 'REJECT';
  readonly reason?: string | null;
};

export type PublishPolicyInput = {
  readonly files: readonly { readonly path: string; readonly content: string }[];
};

/** One operation with its input: what `beginUserAction` takes. */
export type UserActionRequest =
  | { readonly operation: 'createTransfer'; readonly input: CreateTransferInput }
  | { readonly operation: 'createAllowance'; readonly input: CreateAllowanceInput }
  | { readonly operation: 'createWallet'; readonly input: CreateWalletInput }
  | { readonly operation: 'updateWallet'; readonly input: UpdateWalletInput }
  | { readonly operation: 'createKey'; readonly input: CreateKeyInput }
  | { readonly operation: 'refreshKey'; readonly input: RefreshKeyInput }
  | { readonly operation: 'importKey'; readonly input: ImportKeyInput }
  | { readonly operation: 'exportKey'; readonly input: ExportKeyInput }
  | { readonly operation: 'reshareKey'; readonly input: ReshareKeyInput }
  | { readonly operation: 'decideApproval'; readonly input: DecideApprovalInput }
  | { readonly operation: 'publishPolicy'; readonly input: PublishPolicyInput }
  | { readonly operation: 'inviteUser'; readonly input: InviteInput }
  | { readonly operation: 'createServiceAccount'; readonly input: ServiceAccountInput }
  | { readonly operation: 'deactivateUser'; readonly input: DeactivateUserInput }
  | { readonly operation: 'changeRoles'; readonly input: ChangeRolesInput }
  | { readonly operation: 'recoverUser'; readonly input: RecoverUserInput }
  | { readonly operation: 'addCredential'; readonly input: CeremonyAnswer }
  | { readonly operation: 'revokeCredential'; readonly input: RevokeCredentialInput }
  | { readonly operation: 'setAddressList'; readonly input: AddressListInput }
  | { readonly operation: 'registerAsset'; readonly input: RegisterAssetInput }
  | { readonly operation: 'retireAsset'; readonly input: RetireAssetInput }
  | { readonly operation: 'setGroup'; readonly input: GroupInput }
  | {
      readonly operation: 'freezeWallet' | 'unfreezeWallet';
      readonly input: WalletChoiceInput;
    }
  | {
      readonly operation: 'freezeOrganization' | 'unfreezeOrganization';
      readonly input: OrganizationChoiceInput;
    }
  | { readonly operation: 'readmitNode'; readonly input: ReadmitNodeInput }
  | { readonly operation: 'restoreNode'; readonly input: RestoreNodeInput }
  | { readonly operation: 'unlockKey'; readonly input: RefreshKeyInput };

export type UserActionOperation = UserActionRequest['operation'];

export type TransferRequest = {
  /** Of which kind the intent is. */
  readonly domain: typeof INTENT_DOMAIN | typeof ALLOWANCE_DOMAIN;
  readonly wallet: WalletId;
  readonly network: NetworkId;
  readonly asset: AssetId;
  readonly units: bigint;
  readonly recipient: string;
  readonly memo: string;
  readonly externalId: string;
  readonly feeMax?: bigint;
};

/** @throws INVALID_INPUT, NOT_FOUND for an asset that the organisation lacks */
export function parseTransferInput(own: OwnAssets, input: CreateTransferInput): TransferRequest {
  const asset = knownAsset(own, input.asset, 'asset');
  const network = findNetwork(networkOf(asset.id), 'asset');
  const units = parseUnits(input.amount, 'amount');
  if (units === 0n) throw invalidInput('amount', 'zero', 'Send an amount above zero.');
  const recipient = verbsOf(network).parseAddress(input.to, 'to');
  return { ...parseCommon(asset, input), domain: INTENT_DOMAIN, units, recipient };
}

/**
 * An allowance: its `units` are `UNLIMITED_UNITS` where it has no bound, and 0 where it is taken back.
 * @throws INVALID_INPUT also for an asset of which there are no allowances, NOT_FOUND
 */
export function parseAllowanceInput(own: OwnAssets, input: CreateAllowanceInput): TransferRequest {
  const asset = knownAsset(own, input.asset, 'asset');
  const verbs = verbsOf(findNetwork(networkOf(asset.id), 'asset'));
  const isToken = asset.contract !== undefined;
  if (!isToken || !verbs.readsAllowances) {
    const hint = 'Allowances are of tokens on EVM networks.';
    throw invalidInput('asset', `there are no allowances of ${input.asset}`, hint);
  }
  const recipient = verbs.parseAddress(input.spender, 'spender');
  const units = allowedUnits(input);
  return { ...parseCommon(asset, input), domain: ALLOWANCE_DOMAIN, units, recipient };
}

function allowedUnits({ amount, unlimited }: CreateAllowanceInput): bigint {
  const isUnlimitedSaid = unlimited === true;
  if (isUnlimitedSaid === (typeof amount === 'string')) {
    const hint = 'Send the amount, or unlimited: true.';
    throw invalidInput('amount', 'either an amount or unlimited', hint);
  }
  if (isUnlimitedSaid) return UNLIMITED_UNITS;
  const units = parseUnits(amount ?? '', 'amount');
  if (!isUnlimited(units)) return units;
  const hint = 'Allow less than 2^96 - 1 base units, or send unlimited: true.';
  throw invalidInput('amount', 'without a bound', hint);
}

function parseCommon(
  { id: asset }: { readonly id: AssetId },
  input: Omit<CreateTransferInput, 'amount' | 'to'>,
) {
  return {
    wallet: parseId('wallet', input.walletId, 'walletId'),
    network: networkOf(asset),
    asset,
    memo: input.memo ?? '',
    externalId: requireExternalId(input.externalId),
    ...(typeof input.maxFee === 'string' ? { feeMax: parseUnits(input.maxFee, 'maxFee') } : {}),
  };
}

export type WalletRequest = {
  readonly network: NetworkId;
  readonly name: string;
  /** Sorted, each once. */
  readonly tags: readonly string[];
  /** Empty where the wallet gets a key of its own. */
  readonly keyId: KeyId | '';
  readonly externalId: string;
};

/** @throws INVALID_INPUT, NOT_FOUND for a network that the registry lacks */
export function parseWalletInput(input: CreateWalletInput): WalletRequest {
  return {
    network: findNetwork(input.network, 'network').id,
    name: parseObjectName(input.name),
    tags: parseTags(input.tags ?? []),
    keyId: input.keyId ? parseId('key', input.keyId, 'keyId') : '',
    externalId: input.externalId ? requireExternalId(input.externalId) : '',
  };
}

/** The canonical form: what is signed. @throws INVALID_INPUT */
export const parseWalletUpdate = ({ walletId, tags }: UpdateWalletInput) => ({
  walletId: parseId('wallet', walletId, 'walletId'),
  tags: parseTags(tags),
});

export type KeyRequest = {
  readonly name: string;
  readonly scheme: Scheme;
  readonly externalId: string;
};

/** @throws INVALID_INPUT */
export const parseKeyInput = (input: CreateKeyInput): KeyRequest => ({
  name: parseObjectName(input.name),
  scheme: parseScheme(input.scheme, 'scheme'),
  externalId: input.externalId ? requireExternalId(input.externalId) : '',
});

/** What the nodes make of the dealing is theirs to say. @throws INVALID_INPUT */
export const parseImportInput = (
  input: ImportKeyInput,
): KeyRequest & { readonly dealing: string } => ({
  ...parseKeyInput(input),
  dealing: parseDealing(input.dealing),
});

export type ExportRequest = {
  readonly keyId: KeyId;
  readonly recipient: string;
  readonly exporters: readonly number[];
};

/** @throws INVALID_INPUT */
export const parseExportInput = (input: ExportKeyInput): ExportRequest => ({
  ...parseKeyChoice(input),
  recipient: parseRecipientKey(input.recipient),
  exporters: parseParties(input.exporters, 'exporters'),
});

/** The canonical form: parties ascending. @throws INVALID_INPUT */
export function parseReshareInput(input: ReshareKeyInput) {
  const dealers = parseParties(input.dealers, 'dealers');
  const receivers = parseParties(input.receivers, 'receivers');
  const threshold = parseThreshold(input.threshold, receivers);
  return { ...parseKeyChoice(input), dealers, receivers, threshold };
}

/** The canonical form of what names a key and nothing else. @throws INVALID_INPUT */
export const parseKeyChoice = ({ keyId }: { readonly keyId: string }) => ({
  keyId: parseId('key', keyId, 'keyId'),
});

export type DecisionRequest = {
  readonly approval: ApprovalId;
  readonly decision: 'APPROVE' | 'REJECT';
  readonly reason: string;
};

/** @throws INVALID_INPUT */
export function parseDecisionInput(input: DecideApprovalInput): DecisionRequest {
  return {
    approval: parseId('approval', input.approvalId, 'approvalId'),
    decision: input.decision,
    reason: input.reason ?? '',
  };
}
