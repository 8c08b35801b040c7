/** What a signer node that was started with `look-inside.mjs` tells its parent. */
import type { ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';

/** For Node's `--import`. The process must have a channel: `ipc` among its `stdio`. */
export const LOOK_INSIDE = resolve(import.meta.dirname, 'look-inside.mjs');

/** After a garbage collection. */
export type Held = {
  readonly heapMb: number;
  /** Outside of V8's heap: the bytes of typed arrays, what compiled modules hold. */
  readonly externalMb: number;
  readonly rssMb: number;
  readonly descriptors: number;
  /** What keeps the process's event loop busy, by kind. */
  readonly resources: Readonly<Record<string, number>>;
};

type Answers = { held: Held; snapshot: string; plant: number };
type Told = { readonly ask: string; readonly answer: unknown };

/** One question at a time. Rejects when the process ends instead of answering. */
export async function lookInside<A extends keyof Answers>(
  child: ChildProcess,
  ask: A,
  argument = '',
): Promise<Answers[A]> {
  const { promise, resolve: answered, reject } = Promise.withResolvers<Answers[A]>();
  const listen = (told: Told): void => {
    if (told.ask === ask) answered(told.answer as Answers[A]);
  };
  const gone = (): void => reject(new Error('the process ended before it answered'));
  child.on('message', listen);
  child.once('exit', gone);
  try {
    child.send({ ask, argument });
    return await promise;
  } finally {
    child.off('message', listen);
    child.off('exit', gone);
  }
}
