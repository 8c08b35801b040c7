/**
 * Whether a network still is the chain that it was. Blocks that hold confirmed transfers are
 * remembered; a chain that no longer has them was reset or rewritten. Then an alarm stands, nothing
 * is signed, sent or confirmed there, and its transfers say why they wait.
 */
import { findNetwork } from '#chains/registry.ts';
import { checkMarks, takeMark } from '#chains/marks.ts';
import type { Network } from '#chains/adapter.ts';
import { PlatformError } from '#core/errors.ts';
import type { NetworkId } from '#core/money.ts';
import { record } from '#identity/services.ts';
import { reader, transaction } from '#persistence/database.ts';
import {
  ChainAlarm,
  type ChainAlarmRow,
  insertMark,
  knownNetworks,
  latestMarks,
  raiseAlarm,
} from '#persistence/transaction.ts';
import { organizationsOn } from '#persistence/wallet.ts';
import type { Services } from './services.ts';

/** The newest marks are enough: a chain that has them has all that came before. */
const MARKS_CHECKED = 2;

const ADVICE = 'Nothing is sent or confirmed there until an operator has looked at it';
const LOCAL_ADVICE = 'Bring its state back, or start afresh with an empty DATA_DIR';

/**
 * Compares the chain with its marks, and raises or ends the network's alarm.
 * @throws CHAIN_UNAVAILABLE while the chain does not answer, or has another history than before
 */
export async function requireSameHistory(services: Services, network: NetworkId): Promise<void> {
  const marks = await latestMarks(reader(services.db), network, MARKS_CHECKED);
  if (marks.length === 0) return;
  const verdict = await checkMarks(services.chains.connection(network), marks);
  if (verdict.same) {
    await endAlarm(services, network);
    return;
  }
  const { height, hash } = verdict.mark;
  const found = verdict.found ?? 'no block';
  const { name, local } = findNetwork(network);
  const reason =
    `${name} lost its history: block ${height} was ${hash}, and now there is ${found}. ` +
    (local ? LOCAL_ADVICE : ADVICE);
  if (await raise(services, network, reason)) {
    services.log.error({ network, height: String(height), hash, found }, reason);
  }
  throw new PlatformError('CHAIN_UNAVAILABLE', { network, reason });
}

/** Once for each alarm, every organisation with a wallet there has it in its audit log. */
const raise = (services: Services, network: NetworkId, message: string): Promise<boolean> =>
  transaction(services.db, async (tx) => {
    const raisedAt = services.clock.now();
    if (!(await raiseAlarm(tx, { network, message, raisedAt }))) return false;
    for (const organization of await organizationsOn(tx, network)) {
      await record(services, tx, {
        organization,
        actor: 'system',
        action: 'network.history-lost',
        subject: network,
        detail: { message },
      });
    }
    return true;
  });

async function endAlarm(services: Services, network: NetworkId): Promise<void> {
  if ((await reader(services.db).findOne(ChainAlarm, { network })) === null) return;
  await transaction(services.db, (tx) => tx.nativeDelete(ChainAlarm, { network }));
  services.log.info({ network }, 'the network has its history again');
}

/**
 * A throw-away chain may be reset at any time, so its newest block is remembered before signing.
 */
export async function markLocalChain(services: Services, network: Network): Promise<void> {
  if (!network.local) return;
  const mark = await takeMark(services.chains.connection(network.id));
  if (mark === undefined) return;
  const markedAt = services.clock.now();
  await transaction(services.db, (tx) =>
    insertMark(tx, { network: network.id, ...mark, markedAt }),
  );
}

/** Checks every network that has marks; what a network does not answer now, the next check asks. */
export async function checkHistories(services: Services): Promise<void> {
  await check(services, await knownNetworks(reader(services.db)));
}

/**
 * Checks before anything else runs. Only throw-away chains are asked: they begin anew when their
 * state is lost, and they answer at once.
 * @returns what every standing alarm says, also of the other networks
 */
export async function checkAtStart(services: Services): Promise<readonly string[]> {
  const known = await knownNetworks(reader(services.db));
  await check(
    services,
    known.filter((network) => findNetwork(network).local),
  );
  return (await readAlarms(services)).map(({ message }) => message);
}

async function check(services: Services, networks: readonly NetworkId[]): Promise<void> {
  for (const network of networks) {
    try {
      await requireSameHistory(services, network);
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
    }
  }
}

/** Networks that are not the chains that they were. */
export const readAlarms = (services: Services): Promise<ChainAlarmRow[]> =>
  reader(services.db).findAll(ChainAlarm);
