/** The bank's books, as the chain itself has them: what each account holds, and what went for fees. */
import { rpc } from '#testing/chain-rpc.ts';

export type ChainPayment = {
  readonly from: string;
  readonly to: string;
  readonly units: bigint;
  readonly fee: bigint;
  readonly hash: string;
};

type Block = {
  readonly transactions: readonly {
    readonly from: string;
    readonly to: string | null;
    readonly value: string;
    readonly hash: string;
  }[];
};
type Receipt = {
  readonly transactionHash: string;
  readonly gasUsed: string;
  readonly effectiveGasPrice: string;
};

const hexOf = (number: number): string => `0x${number.toString(16)}`;

export class BankBooks {
  readonly #url: string;
  /** In lower case, as the chain writes them. */
  readonly #accounts: readonly string[];
  /** What the accounts held when the books were opened. */
  readonly opened: ReadonlyMap<string, bigint>;
  readonly payments: ChainPayment[] = [];
  reads = 0;
  #read: number;

  private constructor(url: string, opened: ReadonlyMap<string, bigint>, block: number) {
    this.#url = url;
    this.#accounts = [...opened.keys()];
    this.opened = opened;
    this.#read = block;
  }

  static async open(url: string, addresses: readonly string[]): Promise<BankBooks> {
    const accounts = addresses.map((address) => address.toLowerCase());
    const block = Number(await rpc(url, 'eth_blockNumber'));
    return new BankBooks(url, await balancesAt(url, accounts, block), block);
  }

  /** Reads all accounts at one block. @returns what is not as it must be */
  async read(): Promise<readonly string[]> {
    const block = Number(await rpc(this.#url, 'eth_blockNumber'));
    const breaks: string[] = [];
    for (let at = this.#read + 1; at <= block; at += 1) breaks.push(...(await this.#take(at)));
    this.#read = block;
    this.reads += 1;
    const held = await balancesAt(this.#url, this.#accounts, block);
    const fees = this.payments.reduce((sum, { fee }) => sum + fee, 0n);
    const [is, was] = [sum(held) + fees, sum(this.opened)];
    if (is !== was)
      breaks.push(`at block ${block} the accounts and the fees make ${is}, not ${was}`);
    return breaks;
  }

  /** The payments alone say what each account must hold now. */
  async audit(): Promise<readonly string[]> {
    const held = await balancesAt(this.#url, this.#accounts, this.#read);
    return this.#accounts.flatMap((account) => {
      const due = this.payments.reduce(
        (rest, { from, to, units, fee }) => {
          const paid = from === account ? units + fee : 0n;
          return rest - paid + (to === account ? units : 0n);
        },
        this.opened.get(account) ?? 0n,
      );
      const is = held.get(account);
      return is === due ? [] : [`${account} holds ${is}, and its payments leave ${due}`];
    });
  }

  async #take(number: number): Promise<readonly string[]> {
    const at = hexOf(number);
    const { transactions } = (await rpc(this.#url, 'eth_getBlockByNumber', at, true)) as Block;
    if (transactions.length === 0) return [];
    const receipts = (await rpc(this.#url, 'eth_getBlockReceipts', at)) as readonly Receipt[];
    const breaks: string[] = [];
    for (const { from, to, value, hash } of transactions) {
      const receipt = receipts.find(({ transactionHash }) => transactionHash === hash);
      const fee = BigInt(receipt?.gasUsed ?? 0) * BigInt(receipt?.effectiveGasPrice ?? 0);
      this.payments.push({ from, to: to ?? '', units: BigInt(value), fee, hash });
      const isInternal = [from, to ?? ''].every((account) => this.#accounts.includes(account));
      if (!isInternal) breaks.push(`${hash} pays from ${from} to ${to}, who are not both of us`);
    }
    return breaks;
  }
}

const sum = (amounts: ReadonlyMap<string, bigint>): bigint =>
  [...amounts.values()].reduce((total, each) => total + each, 0n);

async function balancesAt(
  url: string,
  accounts: readonly string[],
  block: number,
): Promise<ReadonlyMap<string, bigint>> {
  const found = accounts.map(async (account) => {
    const units = BigInt(String(await rpc(url, 'eth_getBalance', account, hexOf(block))));
    return [account, units] as const;
  });
  return new Map(await Promise.all(found));
}
