/**
 * How often one caller may do what costs the platform more than it costs the caller: a bucket of
 * tokens for each, refilled over time. A caller is an address, so that nobody can lock a person out
 * by asking in that person's name.
 */
import { RecentlyUsed } from './recently-used.ts';

export type Rate = {
  /** How many may be done at one moment. */
  readonly burst: number;
  /** How many more each second brings. */
  readonly perSecond: number;
};

export type RateLimit = {
  /** Takes one. @returns 0, or how many milliseconds it is until there is one again */
  take(caller: string): number;
};

/** Whoever was not seen the longest is forgotten, and begins with a full bucket again. */
const CALLERS_MAX = 50_000;

/** `now` in milliseconds, of a clock that is never set back. */
export function createRateLimit({ burst, perSecond }: Rate, now: () => number): RateLimit {
  const buckets = new RecentlyUsed<{ readonly tokens: number; readonly at: number }>(CALLERS_MAX);
  return {
    take(caller) {
      const at = now();
      const bucket = buckets.get(caller) ?? { tokens: burst, at };
      const gained = ((at - bucket.at) * perSecond) / 1000;
      const tokens = Math.min(burst, bucket.tokens + gained);
      const isEnough = tokens >= 1;
      buckets.set(caller, { tokens: isEnough ? tokens - 1 : tokens, at });
      return isEnough ? 0 : Math.ceil(((1 - tokens) * 1000) / perSecond);
    },
  };
}

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const IPV6_GROUPS = 8;
const NETWORK_GROUPS = 4;

/** The address, and of IPv6 the network of 64 bits: one customer has all addresses of it. */
export function callerOf(address = ''): string {
  const mapped = MAPPED_IPV4.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const zeros = Array.from({ length: IPV6_GROUPS - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].slice(0, NETWORK_GROUPS).join(':');
}
