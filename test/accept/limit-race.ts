/**
 * F-03: many requests at one moment, at two gateways, against one daily limit. None is signed, because
 * each needs an approval; a reservation counts from the moment of its request.
 */
import { dollars, USDC } from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import type { Findings, Setting } from './accept-run.ts';
import { type AcceptPlatform, openAcceptPlatform } from './accept-platform.ts';
import { drawFrom } from './drawn.ts';
import { type Firm, foundFirm, type Member } from './firm.ts';
import { type Calls, persist } from './payer.ts';
import { playSlices, type Slice, totalOf } from './slices.ts';

const LIMIT = 1_000_000;
const APPROVAL_ABOVE = 1_000;
const EACH_MIN = 10_001;
const EACH_SPREAD = 15_000;

/** A slice has a platform of its own. */
const SIZES = {
  quick: { slices: 1, rounds: 5, requests: 1_000 },
  full: { slices: 10, rounds: 10, requests: 1_000 },
} as const;

type Race = {
  readonly counts: {
    readonly admitted: number;
    readonly refused: number;
    /** Because no answer came in time. */
    readonly 'asked-again': number;
  };
  readonly cap: number;
  /** From the common start to the answer, in the order in which the answers came. */
  readonly answerMs: readonly number[];
  readonly breaks: readonly string[];
};

type Row = { readonly state: string; readonly code: string | null; readonly count: string };

/** What the database holds of a wallet, whatever the answers were. */
async function countedInDatabase(
  stage: AcceptPlatform,
  wallet: string,
): Promise<{ readonly admitted: number; readonly refused: number; readonly cents: bigint }> {
  const rows = await stage.psql<Row>(
    `select state, reason->>'code' as code, count(*) from transfers where wallet_id = $1 group by 1, 2`,
    [wallet],
  );
  const count = (test: (row: Row) => boolean): number =>
    rows.filter(test).reduce((sum, row) => sum + Number(row.count), 0);
  const [reserved] = await stage.psql<{ readonly cents: string | null }>(
    `select sum(("values"->>'USD')::numeric) as cents from reservations
     where wallet_id = $1 and released_at is null`,
    [wallet],
  );
  return {
    admitted: count(({ state }) => state === 'PENDING_APPROVAL'),
    refused: count(({ state, code }) => state === 'REJECTED' && code === 'LIMIT_EXCEEDED'),
    cents: BigInt(reserved?.cents ?? 0),
  };
}

async function race(
  stage: AcceptPlatform,
  firm: Firm,
  members: readonly Member[],
  {
    round,
    requests,
    each,
  }: { readonly round: number; readonly requests: number; readonly each: number },
): Promise<Race> {
  const wallet = await firm.openWallet(`Race ${round}`);
  const answers: Calls = { made: 0, unanswered: 0 };
  const began = performance.now();
  const answerMs: number[] = [];
  const calls = Array.from({ length: requests }, async (_, index) => {
    const { client } = members[index % members.length] as Member;
    const order = {
      walletId: wallet.id,
      asset: USDC,
      amount: dollars(each),
      to: VENDOR,
      externalId: `race-${round}-${index}`,
    };
    // Whoever gets no answer in time asks again, and means the same payment.
    const transfer = await persist(answers, () => client.createTransfer(order));
    answerMs.push(Math.round(performance.now() - began));
    return transfer;
  });
  const settled = await Promise.allSettled(calls);
  const failed = settled.filter(({ status }) => status === 'rejected');
  const states = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value.state] : []));
  const { admitted, refused, cents } = await countedInDatabase(stage, wallet.id);
  const cap = Math.min(requests, Math.floor(LIMIT / each));
  const breaks: string[] = [];
  const told = states.filter((state) => state === 'PENDING_APPROVAL').length;
  const name = `round ${round} (${requests} requests of ${each} USD)`;
  if (admitted !== cap) breaks.push(`${name}: ${admitted} were admitted, and the cap is ${cap}`);
  if (refused !== requests - cap) breaks.push(`${name}: ${refused} were refused for the limit`);
  if (failed.length > 0) {
    const [first] = failed as readonly PromiseRejectedResult[];
    breaks.push(`${name}: ${failed.length} got no answer: ${String(first?.reason)}`);
  } else if (told !== admitted) breaks.push(`${name}: people were told of ${told} admitted`);
  if (cents !== BigInt(admitted * each * 100)) breaks.push(`${name}: ${cents} cents are reserved`);
  const again = answers.unanswered;
  return { counts: { admitted, refused, 'asked-again': again }, cap, answerMs, breaks };
}

export async function limitRace(setting: Setting): Promise<Findings> {
  const { slices, rounds, requests } = SIZES[setting.profile];
  const seeds = slices * rounds;
  const { counts, breaks } = await playSlices(setting, slices, (slice) =>
    raceRounds(setting, slice * rounds),
  );
  const exact = seeds - new Set(breaks.map((line) => line.split(' (')[0])).size;
  const sizes = { seeds, requests: seeds * requests, gateways: 2 };
  return { figures: { ...sizes, ...counts, exact }, breaks };
}

/** @param first number of these rounds' first one */
async function raceRounds({ profile, seed, tell, sample }: Setting, first: number): Promise<Slice> {
  const { rounds, requests } = SIZES[profile];
  const draw = drawFrom(seed);
  const stage = await openAcceptPlatform('limit-race', 'local-evm', tell);
  try {
    const policy = { limit: `${LIMIT}`, approvalAbove: `${APPROVAL_ABOVE}` };
    const firm = await foundFirm(stage, 'local-evm', policy);
    try {
      const second = await stage.addGateway();
      const members = [firm.alice, await firm.alsoAt(firm.alice, second)];
      const found: Race[] = [];
      for (let round = first; round < first + rounds; round += 1) {
        const each = EACH_MIN + draw(`amount ${round}`, EACH_SPREAD);
        const one = await race(stage, firm, members, { round, requests, each });
        const { counts, cap, answerMs } = one;
        sample('round', { round, requests, each, ...counts, cap, answerMs });
        tell(`round ${round + 1}: ${counts.admitted} admitted, cap ${cap}`);
        found.push(one);
      }
      return totalOf(found);
    } finally {
      firm.close();
    }
  } finally {
    await stage.close();
  }
}
