/** What the use cases and jobs work with. A process builds one of these and hands it to all of them. */
import type { Bytes } from '#core/bytes.ts';
import type { AuditId, Id, IdKind, KeyId, OrganizationId, WalletId } from '#core/ids.ts';
import { newId } from '#core/ids.ts';
import type { AssetId, NetworkId } from '#core/money.ts';
import type { Instant } from '#core/time.ts';
import type { ChainConnection, EcdsaSignature } from '#chains/adapter.ts';
import type { Quote } from '#policy-lang/snapshot.ts';
import type { Database } from '#persistence/database.ts';
import type { Jobs } from '#persistence/jobs.ts';
import type { StoredStatement } from '#persistence/transfer.ts';

export type Clock = {
  now(): Instant;
  /** Resolves after so many milliseconds. */
  sleep(ms: number): Promise<void>;
};

/** Fresh, uniformly random bytes. */
export type Random = (size: number) => Bytes;

/** Structured lines; an error goes under `error`. The process decides where they end up. */
export type Log = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/** Quotes of an asset in the currencies that it is quoted in; none is not an error. */
export type PriceSource = { quotes(asset: AssetId): Promise<readonly Quote[]> };

/** The connection to each configured network. @throws NOT_CONFIGURED for any other */
export type Chains = { connection(network: NetworkId): ChainConnection };

/** Everything on which a signer node bases its own decision. */
export type SigningRequest = {
  /** Canonical text of the transfer's intent. */
  readonly intent: string;
  readonly unsigned: Bytes;
  readonly initiator: StoredStatement;
  readonly policy: { readonly hash: string; readonly version: number };
  readonly approvals: readonly StoredStatement[];
};

/** The signer nodes, as the cluster client reaches them. */
export type SignerCluster = {
  createKey(request: {
    readonly keyId: KeyId;
    readonly organization: OrganizationId;
    readonly wallet: WalletId;
  }): Promise<{ readonly publicKey: Bytes }>;
  /** @throws SIGNERS_UNAVAILABLE, EVIDENCE_REJECTED, KEY_LOCKED */
  sign(request: {
    readonly keyId: KeyId;
    readonly mandate: SigningRequest;
  }): Promise<{ readonly signatures: readonly EcdsaSignature[] }>;
  health(): Promise<
    readonly {
      readonly party: number;
      readonly address: string;
      readonly ok: boolean;
      readonly detail: string;
    }[]
  >;
};

export type Services = {
  readonly db: Database;
  readonly jobs: Jobs;
  readonly cluster: SignerCluster;
  readonly chains: Chains;
  readonly prices: PriceSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Scheme, host and port of the page on which people sign; its host is the WebAuthn rpID. */
  readonly origin: string;
};

/** A new id of this kind, made of the present time and ten random bytes. */
export const freshId = <K extends IdKind>(
  services: Pick<Services, 'clock' | 'random'>,
  kind: K,
): Id<K> => newId(kind, services.clock.now(), services.random(10));

export const freshAuditId = (services: Pick<Services, 'clock' | 'random'>): AuditId =>
  freshId(services, 'audit');
