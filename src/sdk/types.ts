/**
 * What the API answers, as far as the SDK asks for it. `documents.ts` holds the selections; a test
 * holds them to the schema. Amounts are base units in decimal digits, times are RFC 3339 in UTC.
 */
import type { TransferState } from '#core/transfer-state.ts';

export type { TransferState };
export type RoleName = 'admin' | 'finance-operator' | 'treasury-manager' | 'compliance';

export type User = { readonly id: string; readonly name: string; readonly email: string | null };

export type Viewer = {
  readonly user: User;
  readonly organization: { readonly id: string; readonly name: string };
  readonly roles: readonly { readonly name: RoleName; readonly title: string }[];
  readonly permissions: readonly string[];
  readonly sessionId: string;
};

export type Session = {
  readonly sessionToken: string;
  readonly expiresAt: string;
  readonly viewer: Viewer;
};

/** `inviteToken` and `inviteLink` carry the secret with which the invited person registers. */
export type Invitation = {
  readonly inviteToken: string;
  readonly inviteLink: string;
  readonly expiresAt: string;
};

export type Asset = {
  readonly id: string;
  readonly symbol: string;
  readonly name: string;
  readonly decimals: number;
  readonly contract: string | null;
  /** Registered by the organisation, and nothing new is paid with it. */
  readonly retired: boolean;
};

export type Network = {
  readonly id: string;
  readonly name: string;
  readonly family: string;
  readonly chainId: string | null;
  readonly connected: boolean;
  readonly local: boolean;
  /** Stands while the chain is not the one that it was: nothing is sent or confirmed there. */
  readonly alarm: { readonly message: string; readonly since: string } | null;
};

export type Waiting = { readonly code: string; readonly message: string; readonly since: string };

export type Balance = {
  readonly asset: { readonly id: string };
  readonly amount: string;
  readonly display: string;
};

export type Wallet = {
  readonly id: string;
  readonly name: string;
  readonly state: 'CREATING' | 'ACTIVE' | 'ARCHIVED';
  readonly address: string | null;
  /**
   * Whether every node that holds its key has signed this address, by the keys that the client was given. Offer
   * nobody an address for deposits without it.
   */
  readonly addressVerified: boolean;
  /** From its key, BIP-32; `m` is the key itself. */
  readonly path: string;
  /** It pays nothing until two people have released it. */
  readonly frozen: boolean;
  readonly tags: readonly string[];
  readonly network: { readonly id: string };
  readonly waiting: Waiting | null;
};

export type Key = {
  readonly id: string;
  readonly name: string;
  readonly scheme: string;
  readonly state: 'CREATING' | 'ACTIVE' | 'EXPORTED' | 'FAILED';
  readonly provenance: 'GENERATED' | 'IMPORTED';
  /** Hex, or null until the nodes have made it. */
  readonly publicKey: string | null;
  readonly task: 'CREATE' | 'REFRESH' | 'RESHARE' | 'IMPORT' | 'EXPORT' | null;
  readonly waiting: Waiting | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly createdAt: string;
  readonly refreshedAt: string | null;
};

export type CreateKeyInput = {
  readonly name: string;
  /** `ecdsa-secp256k1`, `frost-ed25519` or `frost-secp256k1`. */
  readonly scheme: string;
  readonly externalId?: string;
};

/** `dealing` is what `countersign signer deal` wrote. */
export type ImportKeyInput = CreateKeyInput & { readonly dealing: string };

/** Party numbers: who deals now, and who holds afterwards. */
export type ReshareKeyInput = {
  readonly keyId: string;
  readonly dealers: readonly number[];
  readonly receivers: readonly number[];
  readonly threshold: number;
};

/** `recipient` is an X25519 public key, 32 bytes in hex; `exporters` are party numbers. */
export type ExportKeyInput = {
  readonly keyId: string;
  readonly recipient: string;
  readonly exporters: readonly number[];
};

/** What the operator of a local chain learns of a wallet on it. */
export type LocalWallet = {
  readonly id: string;
  readonly network: string;
  readonly address: string | null;
};

export type RuleTrace = {
  readonly id: string;
  readonly title: string;
  readonly outcome: 'MATCHED' | 'NOT_MATCHED' | 'MISSING';
  readonly effect: 'ALLOW' | 'BLOCK' | 'REQUIRE_APPROVAL' | 'ALLOW_WITH_APPROVAL' | 'FLAG';
  readonly sentence: string;
};

export type Requirement = {
  readonly quorums: readonly { readonly group: string; readonly count: number }[];
  readonly excludeInitiator: boolean;
  readonly expiresAfterSeconds: number | null;
};

export type PolicyDecision = {
  readonly outcome: 'ALLOW' | 'BLOCK' | 'PENDING';
  readonly reasons: readonly {
    readonly code: 'POLICY_DENIED' | 'LIMIT_EXCEEDED' | 'DATA_MISSING';
    readonly rule: string;
    readonly message: string;
  }[];
  readonly requirements: readonly Requirement[];
  readonly rules: readonly RuleTrace[];
  readonly policyVersion: number;
  readonly policyHash: string;
  readonly decidedAt: string;
};

export type TransferKind = 'TRANSFER' | 'ALLOWANCE';

export type Transfer = {
  readonly id: string;
  readonly externalId: string;
  /** An allowance lets `to`, the spender, take up to `amount`; nothing is paid by it. */
  readonly kind: TransferKind;
  readonly state: TransferState;
  readonly version: number;
  readonly amount: string;
  /** Whether it is an allowance without a bound. */
  readonly unlimited: boolean;
  readonly display: string;
  readonly to: string;
  readonly memo: string | null;
  readonly maxFee: string | null;
  readonly asset: { readonly id: string };
  readonly wallet: { readonly id: string; readonly name: string };
  readonly initiator: User;
  readonly intent: string;
  readonly intentHash: string;
  readonly decision: PolicyDecision | null;
  readonly approvals: readonly { readonly id: string; readonly state: ApprovalState }[];
  readonly transaction: {
    readonly hash: string | null;
    /** In base units of the native asset, as all fees. */
    readonly maxFee: string;
    readonly blockNumber: string | null;
    readonly feePaid: string | null;
    /** The first transaction, and those with raised fees that were to take its place. */
    readonly versions: readonly TransactionVersion[];
  } | null;
  readonly waiting: Waiting | null;
  readonly reason: { readonly code: string; readonly message: string } | null;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export type TransactionVersion = {
  readonly state: 'SIGNING' | 'SENT' | 'MINED' | 'REFUSED' | 'DEAD';
  readonly hash: string | null;
  readonly maxFee: string;
  readonly refusal: { readonly code: string; readonly message: string } | null;
  readonly createdAt: string;
  readonly signedAt: string | null;
};

export type TransfersQuery = {
  readonly filter?: {
    readonly walletId?: string;
    readonly states?: readonly TransferState[];
  };
} & PageRequest;

/** A decision as it is kept. The texts are canonical JSON, hashes are in hex. */
export type StoredDecision = {
  readonly id: string;
  readonly decidedAt: string;
  readonly policyVersion: number;
  readonly policyHash: string;
  readonly digest: string;
  readonly snapshot: string;
  readonly trace: string;
};

export type PolicyBundleFiles = {
  readonly version: number;
  readonly hash: string;
  readonly files: readonly { readonly path: string; readonly content: string }[];
};

export type ApprovalState = 'OPEN' | 'APPROVED' | 'REJECTED' | 'EXPIRED' | 'CANCELLED';

export type Approval = {
  readonly id: string;
  readonly state: ApprovalState;
  /** What waits for it: a transfer or a change; the other is null. */
  readonly transfer: {
    readonly id: string;
    readonly kind: TransferKind;
    readonly unlimited: boolean;
    readonly display: string;
    readonly to: string;
    readonly memo: string | null;
    readonly initiator: User;
    readonly decision: PolicyDecision | null;
  } | null;
  readonly change: AskedChange | null;
  readonly intent: string;
  readonly intentHash: string;
  readonly policyHash: string;
  readonly requirement: Requirement;
  readonly decisions: readonly {
    readonly approver: User;
    readonly decision: 'APPROVE' | 'REJECT';
    readonly reason: string | null;
    readonly createdAt: string;
  }[];
  readonly viewerMayDecide: boolean;
  readonly expiresAt: string;
};

/** Ends of what is never given back: `suspended` by itself, `revoked` by a change of authority. */
export type Credential = {
  readonly id: string;
  /** The authenticator's own id of the passkey, or the id of the key. */
  readonly credentialId: string;
  readonly suspended: boolean;
  readonly revoked: boolean;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
};

export type Organization = {
  readonly id: string;
  readonly name: string;
  /** Nothing is signed for it until two people have released it. */
  readonly frozen: boolean;
};

/** `decimals` as the contract says; they never change. */
export type RegisterAssetInput = {
  readonly network: string;
  readonly contract: string;
  readonly symbol: string;
  readonly name: string;
  readonly decimals: number;
};

/** Addresses of any network, in its own spelling; at most 2,000. */
export type AddressListInput = {
  readonly name: string;
  readonly entries: readonly {
    readonly label: string;
    readonly network: string;
    readonly address: string;
  }[];
};

export type AddressList = AddressListInput & { readonly version: number };

/** E-mail addresses; at most 200. */
/** As `countersign signer status` shows it: hashes and MACs in hex. */
export type RestoreNodeInput = {
  readonly committee: string;
  readonly party: number;
  readonly lost: readonly { readonly count: number; readonly head: string }[];
};

/** As `countersign signer status` shows it: hash and sessions in hex. */
export type ReadmitNodeInput = {
  readonly committee: string;
  readonly party: number;
  readonly bans: readonly {
    readonly by: number;
    readonly epoch: number;
    readonly session: string;
  }[];
};

export type GroupInput = { readonly name: string; readonly members: readonly string[] };

export type Group = {
  readonly name: string;
  readonly version: number;
  readonly members: readonly { readonly email: string; readonly user: User }[];
};

export type PolicyFile = { readonly path: string; readonly content: string };

export type PolicyBundle = {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly hash: string;
  readonly publishedAt: string;
};

export type ChangeState =
  | 'PENDING_APPROVAL'
  | 'APPLIED'
  | 'EFFECTIVE'
  | 'REJECTED'
  | 'EXPIRED'
  | 'WITHDRAWN';

/** A change of authority. `statement` is what was signed, `hash` its SHA-256 in hex. */
export type AskedChange = {
  readonly id: string;
  readonly operation: string;
  /** The id of what is changed. */
  readonly subject: string;
  readonly requestedBy: User;
  readonly statement: string;
  readonly hash: string;
  readonly createdAt: string;
  readonly expiresAt: string;
};

/** EFFECTIVE is said only where the nodes' receipts show it, by keys that the client was given. */
export type ChangeRequest = AskedChange & {
  readonly state: ChangeState;
  readonly reason: { readonly code: string; readonly message: string } | null;
  /** Its place in the authority log. */
  readonly sequence: number | null;
  readonly appliedAt: string | null;
  readonly effectiveAt: string | null;
  readonly policyBundle: PolicyBundle | null;
  /** Of whom it asks approval, and who of them may still decide; null where nobody had to be asked. */
  readonly approval: {
    readonly id: string;
    readonly state: ApprovalState;
    readonly requirement: Requirement;
    readonly eligible: readonly User[];
  } | null;
};

/** `user` is null while people have to approve of the change. */
export type ChangedUser = { readonly user: User | null; readonly change: ChangeRequest };

export type AuditEvent = {
  readonly id: string;
  readonly sequence: number;
  readonly at: string;
  readonly action: string;
  readonly actor: User | null;
  readonly subject: string;
  readonly details: unknown;
};

/** Lines of JSON; `next` is where the next page begins. */
export type AuditExportPage = { readonly lines: readonly string[]; readonly next: number | null };

/** A signed note, and the entries with their proofs. */
export type AuditProof = { readonly checkpoint: string; readonly entries: unknown };

export type Signer = {
  readonly party: number;
  readonly address: string;
  readonly healthy: boolean;
  readonly detail: string;
};

export type EventType =
  | 'KEY_UPDATED'
  | 'WALLET_UPDATED'
  | 'TRANSFER_UPDATED'
  | 'APPROVAL_REQUESTED'
  | 'APPROVAL_UPDATED'
  | 'POLICY_PUBLISHED'
  | 'CHANGE_UPDATED';

export type Event = {
  readonly cursor: string;
  readonly type: EventType;
  readonly at: string;
  readonly subject: string;
  readonly payload: unknown;
};

/** A page of a list; `endCursor` is `after` of the next one. */
export type Page<T> = {
  readonly items: readonly T[];
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
};

export type PageRequest = { readonly first?: number; readonly after?: string };

export type CreateOrganizationInput = {
  readonly name: string;
  readonly adminName: string;
  readonly adminEmail?: string;
};

/** `publicKey` is a DER SubjectPublicKeyInfo in base64url: Ed25519 or P-256. */
export type CreateServiceAccountInput = {
  readonly name: string;
  readonly roles: readonly RoleName[];
  readonly publicKey: string;
};

export type InviteUserInput = {
  readonly name: string;
  readonly email: string;
  readonly roles: readonly RoleName[];
};

export type CreateWalletInput = {
  readonly network: string;
  readonly name: string;
  readonly tags?: readonly string[];
  /** Absent: the wallet gets a key of its own. */
  readonly keyId?: string;
  readonly externalId?: string;
};

/** `amount` and `maxFee` are base units: see `parseAmount`. */
/** `maxFee` is at most, and by default, the cap of the signed request. */
export type SpeedUpTransferInput = {
  readonly transferId: string;
  readonly maxFee?: string;
  readonly externalId: string;
};

export type CreateTransferInput = {
  readonly walletId: string;
  readonly asset: string;
  readonly amount: string;
  readonly to: string;
  readonly memo?: string;
  readonly externalId: string;
  readonly maxFee?: string;
};

/** Either `amount`, of which `0` takes an allowance back, or `unlimited`. */
export type CreateAllowanceInput = Omit<CreateTransferInput, 'amount' | 'to'> & {
  readonly spender: string;
} & (
    | { readonly amount: string; readonly unlimited?: false }
    | { readonly unlimited: true; readonly amount?: undefined }
  );

export type SimulateTransferInput = Pick<
  CreateTransferInput,
  'walletId' | 'asset' | 'amount' | 'to'
>;

export type DecideApprovalInput = {
  readonly approvalId: string;
  readonly decision: 'APPROVE' | 'REJECT';
  readonly reason?: string;
};

export type PublishPolicyInput = { readonly files: readonly PolicyFile[] };
