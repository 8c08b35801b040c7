/**
 * A process that dies: services whose every effect - a committed transaction, a question to the
 * chain, a request to the nodes - is counted, and one of them is the last. Nothing works
 * afterwards.
 */
import type { ChainConnection } from '#chains/adapter.ts';
import type { Database, Tx } from '#persistence/database.ts';
import type { Services } from '#workflow/services.ts';

export class Crash extends Error {
  override readonly name = 'Crash';
}

/**
 * Before the effect, after it, or in the middle: the connection to the database is cut at commit.
 */
export type CrashPoint = { readonly effect: number; readonly at: 'before' | 'after' | 'cut' };

export type CrashingServices = {
  readonly services: Services;
  /** The effects so far, in their order, by name. */
  readonly effects: readonly string[];
};

export function crashing(services: Services, point?: CrashPoint): CrashingServices {
  const effects: string[] = [];
  let isDead = false;
  const die = (): never => {
    isDead = true;
    throw new Crash(`after ${effects.join(', ')}`);
  };
  const perform = async <T>(name: string, effect: () => Promise<T>): Promise<T> => {
    if (isDead) die();
    effects.push(name);
    const isLast = point?.effect === effects.length;
    if (isLast && point.at === 'before') die();
    const result = await effect();
    if (isLast && point.at === 'after') die();
    return result;
  };
  const connections: Services['chains'] = {
    connection: (network) => watched(services.chains.connection(network), perform),
  };
  const isCut = () => point?.at === 'cut' && point.effect === effects.length + 1;
  return {
    effects,
    services: {
      ...services,
      db: watchedDatabase(services.db, perform, isCut),
      chains: connections,
      cluster: {
        ...services.cluster,
        sign: (request) => perform('sign', () => services.cluster.sign(request)),
        createKey: (request) => perform('createKey', () => services.cluster.createKey(request)),
        refreshKey: (request) => perform('refreshKey', () => services.cluster.refreshKey(request)),
        registerWallet: (request) =>
          perform('registerWallet', () => services.cluster.registerWallet(request)),
      },
    },
  };
}

type Perform = <T>(name: string, effect: () => Promise<T>) => Promise<T>;

const VERBS = [
  'setUp',
  'nextNonce',
  'draft',
  'raiseFee',
  'broadcast',
  'status',
  'height',
  'blockHash',
] as const;

function watched(connection: ChainConnection, perform: Perform): ChainConnection {
  const verbs = VERBS.map((verb) => [
    verb,
    (...args: unknown[]) =>
      perform(verb, () => (connection[verb] as (...a: unknown[]) => Promise<unknown>)(...args)),
  ]);
  return { ...connection, ...Object.fromEntries(verbs) };
}

/** Counts transactions as one effect each: what is not committed has not happened. */
function watchedDatabase(db: Database, perform: Perform, isCut: () => boolean): Database {
  const fork = (): Tx => {
    const em = db.em.fork();
    const kysely = em.getKysely.bind(em);
    em.getKysely = (() => ({
      transaction: () => ({
        execute: (work: (connection: unknown) => Promise<unknown>) => {
          const cut = isCut();
          return perform('transaction', () =>
            kysely()
              .transaction()
              .execute(async (connection) => {
                const result = await work(connection);
                if (cut) await em.execute('select pg_terminate_backend(pg_backend_pid())');
                return result;
              }),
          );
        },
      }),
    })) as unknown as typeof em.getKysely;
    return em;
  };
  return { ...db, em: { fork } } as unknown as Database;
}
