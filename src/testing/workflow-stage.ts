/**
 * The workflow with real parts: PostgreSQL, a local chain with the test USDC, the signing
 * protocols, and people with passkeys. A test acts through the use cases and runs the jobs itself,
 * one by one.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '#chains/connect.ts';
import { deployTestUsdc } from '#chains/evm/local.ts';
import { findNetwork } from '#chains/registry.ts';
import { parseNetworkId } from '#core/money.ts';
import { instant } from '#core/time.ts';
import { connectDatabase } from '#persistence/database.ts';
import { openJobQueue } from '#persistence/jobs.ts';
import type { Quote } from '#policy-lang/snapshot.ts';
import type { Services } from '#workflow/services.ts';
import { startAnvil } from './anvil.ts';
import { createTestDatabase } from './postgres.ts';
import { createSimulatedCluster } from './simulated-cluster.ts';

export const NETWORK = parseNetworkId('local-evm');

export type WorkflowStage = Awaited<ReturnType<typeof openWorkflowStage>>;

/** The clock is the real one, moved on by what a test passes. */
export async function openWorkflowStage() {
  const [database, anvil] = await Promise.all([createTestDatabase(), startAnvil()]);
  await deployTestUsdc(anvil.url);
  const db = await connectDatabase({ url: database.url });
  let passed = 0;
  const clock = {
    now: () => instant(Date.now() + passed),
    sleep: (ms: number) => pause(ms),
  };
  const cluster = createSimulatedCluster(clock.now);
  const quotes: Quote[] = [];
  const errors: unknown[] = [];
  const connection = connect(findNetwork(NETWORK), anvil.url);
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (fields: object) => errors.push(fields),
  };
  const queue = await openJobQueue(database.url, (error) => errors.push(error));
  const services: Services = {
    db,
    jobs: queue,
    cluster,
    chains: { connection: () => connection },
    prices: { quotes: async () => quotes.map((quote) => ({ ...quote, asOf: clock.now() })) },
    clock,
    random: (size) => new Uint8Array(randomBytes(size)),
    log,
    origin: 'http://localhost:4000',
  };
  quotes.push({
    price: { currency: 'USD', scaled: 100n, scale: 2 },
    asOf: clock.now(),
    maxAgeMs: 60_000,
    source: 'the test',
  });
  return {
    services,
    database,
    anvil,
    cluster,
    connection,
    queue,
    /** Quotes of every asset; a test empties it to take the prices away. */
    quotes,
    /** What the log and the queue reported as errors. */
    errors,
    pass(ms: number): void {
      passed += ms;
    },
    async close(): Promise<void> {
      await queue.close();
      await db.close();
      connection.close();
      await Promise.all([anvil.stop(), database.drop()]);
    },
  };
}
