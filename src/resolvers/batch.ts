/**
 * Gathers the keys that are asked for while a level of a query resolves, and reads them at once. It
 * keeps nothing: a subscription lives long, and must see rows as they are.
 */
export class Batch<Key, Value> {
  readonly #read: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>;
  #waiting: Map<Key, PromiseWithResolvers<Value | undefined>> | undefined;

  constructor(read: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>) {
    this.#read = read;
  }

  /** The value of this key, undefined where there is none. */
  get(key: Key): Promise<Value | undefined> {
    if (this.#waiting === undefined) {
      this.#waiting = new Map();
      // After the promises that are settled now, whose resolvers may ask for more keys.
      void Promise.resolve().then(() => process.nextTick(() => void this.#flush()));
    }
    const known = this.#waiting.get(key);
    if (known !== undefined) return known.promise;
    const asked = Promise.withResolvers<Value | undefined>();
    this.#waiting.set(key, asked);
    return asked.promise;
  }

  async #flush(): Promise<void> {
    const waiting = this.#waiting ?? new Map<Key, PromiseWithResolvers<Value | undefined>>();
    this.#waiting = undefined;
    try {
      const found = await this.#read([...waiting.keys()]);
      for (const [key, asked] of waiting) asked.resolve(found.get(key));
    } catch (error) {
      for (const asked of waiting.values()) asked.reject(error);
    }
  }
}
