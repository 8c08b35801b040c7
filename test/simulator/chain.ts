/** A chain with one transaction for each account and number, and with branches that are given up. */

export type Sent = { readonly account: string; readonly nonce: number; readonly digest: string };

export class Chain {
  /** How deep a transaction must lie to be final; branches that are given up are shorter. */
  static readonly DEPTH = 4;
  #blocks: (readonly Sent[])[] = [];
  #pool: Sent[] = [];
  readonly #counts = new Map<string, number>();
  /** Grows whenever a block comes or goes. */
  version = 0;

  /** Takes what the next block may hold; anything else is refused, as an endpoint does. */
  submit(sent: Sent): boolean {
    if (this.#find(sent.digest) !== undefined) return true;
    if (sent.nonce !== this.nextNonce(sent.account)) return false;
    const isTaken = this.#pool.some(
      ({ account, nonce }) => account === sent.account && nonce === sent.nonce,
    );
    if (!isTaken) this.#pool.push(sent);
    return true;
  }

  mine(): void {
    this.#blocks.push(this.#pool);
    for (const { account } of this.#pool) this.#count(account, 1);
    this.#pool = [];
    this.version += 1;
  }

  #count(account: string, by: number): void {
    this.#counts.set(account, this.nextNonce(account) + by);
  }

  /** Gives up the last blocks, and forgets what they held; as many others come in their place. */
  reorganise(depth: number): void {
    const length = Math.min(depth, this.#blocks.length);
    for (const { account } of this.#blocks.slice(this.#blocks.length - length).flat())
      this.#count(account, -1);
    this.version += 1;
    this.#blocks = [
      ...this.#blocks.slice(0, this.#blocks.length - length),
      ...Array.from({ length }, () => []),
    ];
    this.#pool = this.#pool.filter(({ account, nonce }) => nonce === this.nextNonce(account));
  }

  /** Forgets what waits for a block. */
  dropPool(): void {
    this.#pool = [];
  }

  nextNonce(account: string): number {
    return this.#counts.get(account) ?? 0;
  }

  /** 0 where no block holds it. */
  confirmations(digest: string): number {
    const at = this.#find(digest);
    return at === undefined ? 0 : this.#blocks.length - at;
  }

  all(): readonly Sent[] {
    return this.#blocks.flat();
  }

  #find(digest: string): number | undefined {
    const at = this.#blocks.findIndex((block) => block.some((each) => each.digest === digest));
    return at === -1 ? undefined : at;
  }
}
