/**
 * What the use cases and jobs work with. A process builds one of these and hands it to all of them.
 */
import type { AssetId, NetworkId } from '#core/money.ts';
import type { Instant } from '#core/time.ts';
import type { ChainConnection } from '#chains/adapter.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import type { Quote } from '#policy-lang/snapshot.ts';
import type { Jobs } from '#persistence/jobs.ts';
import type { IdentityServices } from '#identity/services.ts';
import type { ScreeningSource } from './screening.ts';

export type Clock = {
  now(): Instant;
  /** Resolves after so many milliseconds. */
  sleep(ms: number): Promise<void>;
};

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

/** A superset of what the identity floor works with. */
export type Services = IdentityServices & {
  readonly jobs: Jobs;
  readonly cluster: Omit<SignerCluster, 'close'>;
  readonly chains: Chains;
  readonly prices: PriceSource;
  /** Absent where nobody screens: the screening fields are then missing. */
  readonly screening?: ScreeningSource;
  readonly clock: Clock;
  readonly log: Log;
};
