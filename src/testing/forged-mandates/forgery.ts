/** What a forged mandate is, and what each kind of them is made with. */
import type { Bytes } from '#core/bytes.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import type { Mandate } from '#mandate/mandate.ts';
import { type Payment, type PayingCompany, usdc } from '#testing/paying-company.ts';
import type { Wallet } from '#testing/paying-company-log.ts';

export type Forged = {
  readonly mandate: Mandate;
  /** The wallet whose key is asked to sign. */
  readonly wallet: Wallet;
};

/** One kind: what is wrong with it, how it is made, and how a node refuses it. */
export type Forgery = {
  readonly kind: string;
  readonly field: string;
  readonly reason: RegExp;
  /**
   * What it leans on that real nodes do not have by replaying the company's log alone: spends that they
   * have in writing.
   */
  readonly needs?: 'earlier-spends';
  readonly make: (company: PayingCompany, draw: Draw) => Promise<Forged>;
};

/** Uniform numbers and bytes of one stream, so that a seed tells the whole story. */
export class Draw {
  readonly bytes: (size: number) => Bytes;

  constructor(bytes: (size: number) => Bytes) {
    this.bytes = bytes;
  }

  /** From 0 to `below` - 1; `below` is at most 65,536. */
  int(below: number): number {
    const [high = 0, low = 0] = this.bytes(2);
    return (high * 256 + low) % below;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.int(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** An amount that needs the approval of two managers and is within every limit. */
  get units(): bigint {
    return usdc(10_001n) + BigInt(this.int(60_000)) * 1_000_003n;
  }

  /** The text with one of its characters replaced by another of its alphabet. */
  altered(text: string, alphabet = '0123456789abcdef'): string {
    const at = this.int(text.length);
    const others = [...alphabet].filter((letter) => letter !== text[at]);
    return text.slice(0, at) + this.pick(others) + text.slice(at + 1);
  }

  /** The bytes with one bit turned. */
  flipped(bytes: Bytes): Bytes {
    const flipped = Uint8Array.from(bytes);
    const at = this.int(bytes.length);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << this.int(8));
    return flipped;
  }
}

export const forged = ({ wallet, mandate }: Payment, change: Partial<Mandate> = {}): Forged => ({
  wallet,
  mandate: { ...mandate, ...change },
});

/** An honest payment of which one part is replaced. */
export const replaced =
  (change: (payment: Payment, company: PayingCompany, draw: Draw) => Partial<Mandate>) =>
  async (company: PayingCompany, draw: Draw): Promise<Forged> => {
    const payment = await company.pay({ units: draw.units });
    return forged(payment, change(payment, company, draw));
  };

/** The signature of one statement under the text of another. */
export const under = (statement: string, signed: SignedStatement): SignedStatement => ({
  ...signed,
  statement,
});
