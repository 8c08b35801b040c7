/** The signer cluster as the workflow sees it: what may be asked of it, and what it answers. */
import type { Signature } from '#chains/adapter.ts';
import type { Bytes } from '#core/bytes.ts';
import type { KeyId, OrganizationId, WalletId } from '#core/ids.ts';
import type { Mode } from '#mandate/quorum.ts';
import type { NodeKeys, Receipt } from '#mandate/receipt-text.ts';
import type { CosignAnswer, CosignRequest } from '#signer-cluster/proto/cosign-request.ts';
import type { PoolFigures } from '#signer-cluster/proto/service.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { Agreement } from './agreement.ts';
import type { AuthorityLog, BroughtAuthority } from './bring-authority.ts';
import type {
  ExportRequest,
  ImportRequest,
  KeyChange,
  KeyRequest,
  MadeKey,
  ReshareRequest,
} from './key-request.ts';
import type { SigningRequest } from './request.ts';

/** `path` leads from the key to the wallet's own: "m" is the key itself. */
export type WalletRequest = {
  readonly wallet: WalletId;
  readonly keyId: KeyId;
  readonly organization: OrganizationId;
  readonly path: string;
};

/** The public key that most holders say, and what each has signed about it, unchecked, by party. */
export type RegisteredWallet = {
  readonly publicKey: Bytes;
  readonly attestations: ReadonlyMap<PartyId, Receipt>;
};

export type SignRequest = {
  readonly keyId: KeyId;
  readonly mandate: SigningRequest;
  /** What `agree` answered; absent for a set-up. */
  readonly agreement?: Agreement;
};

export type AgreeRequest = Omit<SignRequest, 'agreement'> & {
  /** The last entry of the organisation's authority log. */
  readonly authority: number;
  /** The mandates behind these hashes of intents, in hex, as far as they are known. */
  readonly mandatesOf: (intents: readonly string[]) => Promise<readonly SigningRequest[]>;
};

/** A payment that is not to be made any more. */
export type ReleaseRequest = Omit<SignRequest, 'agreement'>;

/** `signers` are the parties that signed, ascending. */
export type Signed = {
  readonly signatures: readonly Signature[];
  readonly signers: readonly PartyId[];
};

export type NodeHealth = {
  readonly party: PartyId;
  readonly address: string;
  readonly ok: boolean;
  /** Absent when the node does not answer; false from its start until the others have said where it was. */
  readonly isStanding?: boolean;
  readonly detail: string;
  /** Absent when the node does not answer. */
  readonly presignatures?: PoolFigures;
};

export type SignerCluster = {
  /**
   * A key among all nodes; resolves when every node has stored its share. Asking again for the same
   * key id settles what a crash left behind and answers with the same public key, 33 bytes.
   * @throws SIGNERS_UNAVAILABLE, KEY_LOCKED, IDEMPOTENCY_CONFLICT, INVALID_INPUT
   */
  createKey(request: KeyRequest): Promise<MadeKey>;
  /**
   * New shares of a key on every node that holds one, and new secrets between all pairs. Shares of
   * before are worth nothing with those of after. Asking again settles what a crash left behind.
   * @throws SIGNERS_UNAVAILABLE, KEY_LOCKED, EVIDENCE_REJECTED when there is no such key
   */
  refreshKey(request: KeyChange): Promise<{ readonly publicKey: Bytes }>;
  /**
   * Gives a key to other holders, or under another threshold: the dealers hold shares now and have
   * their operators' approval, the receivers hold the key afterwards. Wallets and the key stay.
   * @throws SIGNERS_UNAVAILABLE, KEY_LOCKED, OPERATOR_APPROVAL_REQUIRED, EVIDENCE_REJECTED
   */
  reshareKey(request: ReshareRequest): Promise<{ readonly publicKey: Bytes }>;
  /**
   * Takes in a key that a dealer has split for these nodes, with the approval of enough operators.
   * @throws SIGNERS_UNAVAILABLE, KEY_LOCKED, OPERATOR_APPROVAL_REQUIRED, EVIDENCE_REJECTED,
   *   IDEMPOTENCY_CONFLICT
   */
  importKey(request: ImportRequest): Promise<MadeKey>;
  /**
   * The exporters' shares in boxes for the recipient, as texts. The nodes sign with the key no more.
   * @throws SIGNERS_UNAVAILABLE, KEY_LOCKED, OPERATOR_APPROVAL_REQUIRED, EVIDENCE_REJECTED
   */
  exportKey(request: ExportRequest): Promise<{ readonly shares: readonly string[] }>;
  /**
   * Has every holder of the key write down which key and path a wallet signs with, for good.
   * @throws SIGNERS_UNAVAILABLE, IDEMPOTENCY_CONFLICT, INVALID_INPUT
   */
  registerWallet(request: WalletRequest): Promise<RegisteredWallet>;
  /** Every node gets what it lacks of the log; those that then have all of it say so. */
  bringAuthority(log: AuthorityLog): Promise<BroughtAuthority>;
  /**
   * Has a quorum of nodes verify the payment and write it down, so that they may sign it.
   * @throws SIGNERS_UNAVAILABLE (try again), EVIDENCE_REJECTED (final), KEY_LOCKED, AUDIT_UNAVAILABLE
   */
  agree(request: AgreeRequest): Promise<Agreement>;
  /**
   * Has the nodes withdraw from a payment; whether nobody can sign it any more, and no node counts it that has
   * heard of that. No node does anything for it again that has withdrawn. @throws SIGNERS_UNAVAILABLE
   */
  release(request: ReleaseRequest): Promise<boolean>;
  /**
   * One verified signature for each payload of the transaction.
   * @throws SIGNERS_UNAVAILABLE (try again), EVIDENCE_REJECTED (final), KEY_LOCKED
   */
  sign(request: SignRequest): Promise<Signed>;
  health(): Promise<readonly NodeHealth[]>;
  /** The parties, ascending, and how many of them sign. @throws SIGNERS_UNAVAILABLE */
  committee(): Promise<{
    readonly parties: readonly PartyId[];
    readonly threshold: number;
    readonly mode?: Mode;
  }>;
  /** By which what members have signed is checked; absent where nobody gave them to this process. */
  nodeKeys(): NodeKeys | undefined;
  /** One node's answer to a checkpoint of an audit log. @throws SIGNERS_UNAVAILABLE */
  cosign(party: PartyId, request: CosignRequest): Promise<CosignAnswer>;
  close(): void;
};
