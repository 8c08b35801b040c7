/**
 * The rules and requests that all engines decide about: 30 % wallet tag + recipient list + value, 25 %
 * tag + value, 15 % wallet + asset + amount, 15 % role + tag + value, 15 % recipient deny list, with
 * lists of 20 addresses. Tags, wallets, roles and lists grow with the rules, so that a request meets about
 * as many rules in a large policy as in a small one.
 */
import type { AssetId, NetworkId } from '#core/money.ts';
import { parsePrice } from '#core/money.ts';
import { type Instant, parseInstant } from '#core/time.ts';
import { checksummed } from '#policy-lang/values/address.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import type { World } from '#policy-lang/world.ts';
import { type Random, randomOf } from './random.ts';

export type WorkRule = {
  readonly id: string;
  /** Absent parts are not compared. */
  readonly tag?: string;
  readonly role?: string;
  readonly wallet?: string;
  readonly asset?: string;
  readonly recipients?: readonly string[];
  /** Holds up to and with this many dollars. */
  readonly valueMax?: number;
  /** Holds above this many dollars. */
  readonly valueAbove?: number;
  /** Holds above this many whole units of the asset. */
  readonly amountAbove?: number;
  readonly effect: string;
};

/** One request as engines without a policy language take it, and as ours does. */
export type WorkRequest = {
  readonly plain: PlainRequest;
  readonly snapshot: Snapshot;
};

/** Values and amounts as numbers, which is in favour of the engines that get them. */
export type PlainRequest = {
  readonly wallet: string;
  readonly tags: readonly string[];
  readonly role: string;
  readonly asset: string;
  readonly recipient: string;
  readonly usd: number;
  readonly amount: number;
};

export type Workload = {
  readonly rules: readonly WorkRule[];
  readonly requests: readonly WorkRequest[];
};

const LIST_LENGTH = 20;
const NOW: Instant = parseInstant('2026-08-01T12:00:00Z');
const DECIMALS = 6;
const UNITS = 10n ** BigInt(DECIMALS);

/** Stablecoins: dollars and units differ by a price that plain numbers hold exactly. */
const ASSETS = [
  { id: 'USDC@ethereum', price: '1.00', dollars: 1 },
  { id: 'USDC@polygon', price: '1.00', dollars: 1 },
  { id: 'EURC@ethereum', price: '1.25', dollars: 1.25 },
  { id: 'GBPC@ethereum', price: '1.50', dollars: 1.5 },
] as const;

export const BENCH_WORLD: World = {
  assets: new Map(
    ASSETS.map(({ id }) => [
      id as AssetId,
      {
        decimals: DECIMALS,
        network: id.slice(id.indexOf('@') + 1) as NetworkId,
        family: 'evm' as const,
      },
    ]),
  ),
};

/** The same rules and requests for the same numbers. */
export function workloadOf(ruleCount: number, requestCount: number): Workload {
  const random = randomOf(`policy bench ${ruleCount}`);
  const share = (percent: number): number => Math.max(1, Math.round((ruleCount * percent) / 100));
  const names: Names = {
    tags: share(25),
    wallets: share(15),
    roles: share(5),
    lists: [],
  };
  const rules = received(
    Array.from({ length: ruleCount }, (_, number) => ruleOf(number, names, random)),
  );
  const requests = Array.from({ length: requestCount }, () => requestOf(rules, names, random));
  return { rules, requests };
}

/**
 * Rules and requests reach a service as JSON, each with texts of its own: texts that a rule and a
 * request had in common would be found equal without a look at them.
 */
const received = <T>(sent: T): T => JSON.parse(JSON.stringify(sent)) as T;

type Names = {
  readonly tags: number;
  readonly wallets: number;
  readonly roles: number;
  /** Every list so far. */
  readonly lists: (readonly string[])[];
};

const EFFECTS = [
  'require approval by 1 of managers',
  'require approval by 2 of managers, expires after 24h',
  'require approval by 1 of directors',
] as const;

/** 6 with a list, 5 with a tag, 3 each by wallet, by role and to deny: in this order again and again. */
const KINDS = 'LTLTWLTRDLTWLRDLTWRD';

function ruleOf(number: number, names: Names, random: Random): WorkRule {
  const id = `r${number}`;
  const tag = `t${random(names.tags)}`;
  const effect = EFFECTS[random(EFFECTS.length)] as string;
  switch (KINDS[number % KINDS.length]) {
    case 'L':
      return {
        id,
        tag,
        recipients: listOf(names, random),
        valueMax: dollars(random),
        effect: 'allow',
      };
    case 'T':
      return { id, tag, valueAbove: dollars(random), effect };
    case 'W': {
      const { id: asset } = ASSETS[random(ASSETS.length)] as (typeof ASSETS)[number];
      const wallet = `w${random(names.wallets)}`;
      return { id, wallet, asset, amountAbove: dollars(random), effect: 'block "Above the limit"' };
    }
    case 'R':
      return { id, role: `role${random(names.roles)}`, tag, valueAbove: dollars(random), effect };
    default:
      return { id, recipients: listOf(names, random), effect: 'block "On the deny list"' };
  }
}

const dollars = (random: Random): number => 1_000 * (1 + random(100));

function listOf({ lists }: Names, random: Random): readonly string[] {
  const list = Array.from({ length: LIST_LENGTH }, () => addressOf(random));
  lists.push(list);
  return list;
}

function addressOf(random: Random): string {
  const digits = Array.from({ length: 40 }, () => random(16).toString(16)).join('');
  return checksummed(`0x${digits}`);
}

/** Most requests pay an address of the list of a rule for one of the wallet's tags. */
function requestOf(rules: readonly WorkRule[], names: Names, random: Random): WorkRequest {
  const rule = rules[random(rules.length)] as WorkRule;
  const { id, dollars: rate } = ASSETS[random(ASSETS.length)] as (typeof ASSETS)[number];
  const list = rule.recipients ?? names.lists[random(names.lists.length)] ?? [];
  const isListed = random(10) < 7 && list.length > 0;
  const cents = 100 * dollars(random) + (random(3) - 1) * 4;
  const plain = received<PlainRequest>({
    wallet: rule.wallet ?? `w${random(names.wallets)}`,
    tags: [rule.tag ?? `t${random(names.tags)}`, `t${random(names.tags)}`],
    role: rule.role ?? `role${random(names.roles)}`,
    asset: random(2) === 0 ? (rule.asset ?? id) : id,
    recipient: isListed ? (list[random(list.length)] as string) : addressOf(random),
    amount: cents / 100,
    usd: 0,
  });
  const asset = ASSETS.find((one) => one.id === plain.asset) ?? { dollars: rate };
  const usd = (cents * asset.dollars) / 100;
  return { plain: { ...plain, usd }, snapshot: snapshotOf(plain, BigInt(cents)) };
}

/** One book of prices for all requests, as a service has it. */
const PRICES: Snapshot['prices'] = new Map(
  ASSETS.map(({ id, price }) => [
    id as AssetId,
    [{ price: parsePrice(price, 'USD'), asOf: NOW, maxAgeMs: 60_000, source: 'bench' }],
  ]),
);

const snapshotOf = (plain: PlainRequest, cents: bigint): Snapshot => ({
  now: NOW,
  activity: 'transfer',
  request: {
    wallet: { id: plain.wallet, tags: plain.tags },
    asset: plain.asset as AssetId,
    units: (cents * UNITS) / 100n,
    recipient: plain.recipient,
    initiator: { id: 'alice', roles: [plain.role] },
  },
  prices: PRICES,
  aggregates: new Map(),
});
