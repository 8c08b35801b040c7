/**
 * Builds what the use cases and jobs work with, from the configuration: the same in every process.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { ChainConnection } from '#chains/adapter.ts';
import { connect } from '#chains/connect.ts';
import { findNetwork } from '#chains/registry.ts';
import { connectCluster } from '#cluster-client/cluster.ts';
import { parseHex } from '#core/bytes.ts';
import { invalidInput, PlatformError } from '#core/errors.ts';
import type { NetworkId } from '#core/money.ts';
import { instant } from '#core/time.ts';
import { connectDatabase } from '#persistence/database.ts';
import { type JobQueue, openJobQueue } from '#persistence/jobs.ts';
import { openPrices } from '#workflow/prices.ts';
import { openScreening } from '#workflow/screening-source.ts';
import type { Chains, Clock, Log, Services } from '#workflow/services.ts';
import type { Config } from './config.ts';

export type OpenServices = {
  readonly services: Services;
  readonly queue: JobQueue;
  /** Lets running jobs end, then closes every connection. */
  close(): Promise<void>;
};

/** @throws whatever keeps the process from starting: no database, no certificates */
export async function openServices(config: Config, log: Log): Promise<OpenServices> {
  const clock: Clock = { now: () => instant(Date.now()), sleep: (ms) => pause(ms) };
  const db = await connectDatabase({ url: config.databaseUrl });
  const queue = await openJobQueue(config.databaseUrl, (error) =>
    log.warn({ error }, 'the job queue reports a fault'),
  );
  const { signers, signerTls: tls, signerRendezvous: rendezvous } = config;
  const meeting = rendezvous === undefined ? {} : { rendezvous };
  const cluster = await connectCluster({ signers, tls, ...meeting, log });
  const chains = openChains(config.rpc);
  const services: Services = {
    db,
    jobs: queue,
    cluster,
    chains,
    prices: openPrices({ source: config.prices, clock }),
    ...(await screeningOf(config)),
    clock,
    random: (size) => new Uint8Array(randomBytes(size)),
    log,
    origin: config.publicOrigin,
  };
  return {
    services,
    queue,
    async close() {
      await queue.close();
      cluster.close();
      chains.close();
      await db.close();
    },
  };
}

/** One connection for each network that has an endpoint. */
function openChains(rpc: ReadonlyMap<NetworkId, string>): Chains & { close(): void } {
  const connections = new Map<NetworkId, ChainConnection>(
    [...rpc].map(([network, url]) => [network, connect(findNetwork(network), url)]),
  );
  return {
    connection(network) {
      const found = connections.get(network);
      if (found !== undefined) return found;
      const reason = `this installation has no endpoint of ${network}`;
      throw new PlatformError('NOT_CONFIGURED', { network, reason });
    },
    close() {
      for (const connection of connections.values()) connection.close();
    },
  };
}

/** @throws INVALID_INPUT where the file of the key does not hold one */
async function screeningOf({ screening }: Config): Promise<Pick<Services, 'screening'>> {
  if (screening === undefined) return {};
  const { keyFile, ...options } = screening;
  if (keyFile === undefined) return { screening: openScreening(options) };
  const key = parseHex((await readFile(keyFile, 'utf8')).trim(), 'SCREENING_KEY');
  if (key.length !== 32) {
    throw invalidInput('SCREENING_KEY', 'not 32 bytes in hex', 'Name the file of an Ed25519 key.');
  }
  return { screening: openScreening({ ...options, key }) };
}
