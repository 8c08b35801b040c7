/**
 * A network through several endpoints. What would be believed of one counts only as far as all of them say
 * it, so one that is honest is enough, and one that is silent keeps everything waiting. What can harm
 * nobody, because bytes are judged by what they do and fees have a cap, is taken from the first that answers.
 */
import { type ErrorCode, PlatformError } from '#core/errors.ts';
import type { Money } from '#core/money.ts';
import type { ChainConnection, Network, TransactionStatus } from './adapter.ts';
import { verbsOf } from './verbs.ts';
import { unavailable } from './wire.ts';

type Each = readonly ChainConnection[];

/** @param connections at least one, in the order of preference; they are closed with the result */
export function agreeing(network: Network, connections: Each): ChainConnection {
  const [first, ...others] = connections;
  if (first === undefined) throw new RangeError('a network has at least one endpoint');
  if (others.length === 0) return first;
  const disagree = (about: string): PlatformError =>
    unavailable(network, `the endpoints disagree about ${about}`);
  return {
    setUp: (address) => firstAnswer(connections, (each) => each.setUp(address)),
    draft: (request) => firstAnswer(connections, (each) => each.draft(request)),
    raiseFee: (request) => firstAnswer(connections, (each) => each.raiseFee(request)),
    async nextNonce(address) {
      const numbers = await all(connections, (each) => each.nextNonce(address));
      // The platform counts as well and takes the higher one: a number that is too low leads nowhere.
      if (verbsOf(network).nonces === 'counted') return lowest(numbers);
      if (new Set(numbers).size > 1) throw disagree(`the sequence number of ${address}`);
      return numbers[0] as bigint;
    },
    async transactionWith(address, nonce) {
      const found = await settled(connections, (each) => each.transactionWith(address, nonce));
      // It bears the account's own signature, which no endpoint can make up.
      const shown = found.answers.find((answer) => answer !== undefined);
      if (shown === undefined && found.errors.length > 0) throw worst(found.errors);
      return shown;
    },
    async broadcast(sealed) {
      const found = await settled(connections, (each) => each.broadcast(sealed));
      if (found.answers.length === 0) throw worst(found.errors);
    },
    async status(hash) {
      return common(await all(connections, (each) => each.status(hash)));
    },
    async balances(address, assets) {
      const found = await all(connections, (each) => each.balances(address, assets));
      return assets.map(({ id }, index): Money => {
        const units = lowest(found.map((one) => one[index]?.units ?? 0n));
        return { asset: id, units };
      });
    },
    async blockHash(height) {
      const hashes = await all(connections, (each) => each.blockHash(height));
      if (new Set(hashes).size > 1) throw disagree(`block ${height}`);
      return hashes[0];
    },
    height: async () => lowest(await all(connections, (each) => each.height())),
    close() {
      for (const each of connections) each.close();
    },
  };
}

/** Included is what all say of the same block with the same outcome; unknown is what none knows. */
function common(statuses: readonly TransactionStatus[]): TransactionStatus {
  if (statuses.every(({ state }) => state === 'unknown')) return { state: 'unknown' };
  const [first, ...others] = statuses.map((one) => (one.state === 'included' ? one : undefined));
  if (first === undefined) return { state: 'pending' };
  let { confirmations } = first;
  for (const other of others) {
    const isSame =
      other?.blockHash === first.blockHash &&
      other.block === first.block &&
      other.succeeded === first.succeeded &&
      other.feePaid === first.feePaid;
    if (!isSame) return { state: 'pending' };
    confirmations = Math.min(confirmations, other.confirmations);
  }
  return { ...first, confirmations };
}

const lowest = (numbers: readonly bigint[]): bigint =>
  numbers.reduce((least, each) => (each < least ? each : least));

const all = <T>(connections: Each, ask: (each: ChainConnection) => Promise<T>): Promise<T[]> =>
  Promise.all(connections.map(ask));

/** One after the other; what one refuses for good the next may see otherwise. */
async function firstAnswer<T>(
  connections: Each,
  ask: (each: ChainConnection) => Promise<T>,
): Promise<T> {
  const errors: PlatformError[] = [];
  for (const each of connections) {
    try {
      return await ask(each);
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      errors.push(error);
    }
  }
  throw worst(errors);
}

async function settled<T>(
  connections: Each,
  ask: (each: ChainConnection) => Promise<T>,
): Promise<{ readonly answers: readonly T[]; readonly errors: readonly PlatformError[] }> {
  const answers: T[] = [];
  const errors: PlatformError[] = [];
  for (const one of await Promise.allSettled(connections.map(ask))) {
    if (one.status === 'fulfilled') answers.push(one.value);
    else if (one.reason instanceof PlatformError) errors.push(one.reason);
    else throw one.reason;
  }
  return { answers, errors };
}

/** What decides nothing goes before a refusal, which may be final. */
const UNDECIDED: readonly ErrorCode[] = ['CHAIN_UNAVAILABLE', 'NOT_CONFIGURED'];

const worst = (errors: readonly PlatformError[]): Error =>
  errors.find(({ code }) => UNDECIDED.includes(code)) ?? errors[0] ?? new Error('nobody was asked');
