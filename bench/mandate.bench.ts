/**
 * What it costs a signer node to decide over one mandate, and its ledger to keep the totals. The peer
 * is the least that anybody must do: checking the three signatures that the mandate carries.
 */
import { parseBase64url } from '#core/bytes.ts';
import { DAY_MS, instant } from '#core/time.ts';
import { relyingPartyOf, requireAssertion, type SignedStatement } from '#mandate/assertion.ts';
import { policyInForce } from '#mandate/authority/policies.ts';
import type { AuthorityState } from '#mandate/authority/state.ts';
import { Ledger, type Spend } from '#mandate/ledger.ts';
import type { Mandate } from '#mandate/mandate.ts';
import { verifyMandate } from '#mandate/verify-mandate.ts';
import { PayingCompany, usdc } from '#testing/paying-company.ts';
import type { Benchmark } from './benchmark.ts';
import { type Contender, interleave, percentile, rounded } from './measure.ts';
import { cpuOf } from './signing/cpu.ts';

/** Spends of the last day, all of the wallet that pays. */
const SPENDS = 10_000;
/** So many in one sample: the clock of processor time counts in microseconds at best. */
const TURN = 20;

export const benchmark: Benchmark = {
  about:
    'processor time of verifying a mandate with two approvals (three passkey signatures and the ' +
    'cosignatures of its proof) that a node has not seen, and one whose signatures it knows ' +
    '(docs/adr/0029-what-a-node-may-remember-of-a-check.md), with an empty ledger and with one of ' +
    `${SPENDS} spends in the window of the policy's limit; and of the ledger alone`,
  rounds: { warmUp: 10, counted: 100 },
  async run(rounds) {
    const contenders = await contendersOf(await PayingCompany.open('bench'));
    const samples = await interleave(contenders, rounds);
    const figures = Object.entries(samples).map(([name, all]) => [
      name,
      {
        cpu_p50_ms: rounded(percentile(all, 50)),
        cpu_p99_ms: rounded(percentile(all, 99)),
      },
    ]);
    const median = (name: string): number => percentile(samples[name] ?? [], 50);
    const ratio = rounded(median('verify') / median('signatures_alone'));
    return {
      figures: { ...Object.fromEntries(figures), verify_to_signatures_ratio: ratio },
      samples: Object.fromEntries(
        Object.entries(samples).map(([name, all]) => [name, all.map(rounded)]),
      ),
    };
  },
};

async function contendersOf(company: PayingCompany): Promise<readonly Contender[]> {
  const payment = await company.pay();
  const { mandate, wallet } = payment;
  const own = company.own(wallet, { ledger: new Ledger() });
  const { spend, id } = verifyMandate(mandate, own);
  if (spend === undefined) throw new Error('a payment spends');
  const full = fullLedger(spend);
  const known = fullLedger(spend);
  known.count(spend);
  const growing = fullLedger(spend);
  const { compiled } = policyInForce(own.state, own.now);
  if (compiled === undefined) throw new Error('the company has a policy');
  const totals = (ledger: Ledger) => ledger.totals(compiled, spend.request, own.now, id);
  let number = SPENDS;
  return [
    turnOfNew('verify', company, (one) => verifyMandate(one, own)),
    turnOf('verify_known', () => verifyMandate(mandate, own)),
    turnOf(`verify_with_${SPENDS}_spends`, () => verifyMandate(mandate, { ...own, ledger: full })),
    turnOf('verify_again_once_counted', () => verifyMandate(mandate, { ...own, ledger: known })),
    turnOfNew('signatures_alone', company, ({ initiator, approvals }) =>
      checkSignatures(own.state, [initiator, ...approvals]),
    ),
    turnOf('ledger_totals', () => totals(full)),
    turnOf('ledger_totals_without_itself', () => totals(known)),
    turnOf('ledger_count', () => growing.count({ ...spend, id: `later ${number++}` })),
  ];
}

const turnOf = (name: string, work: () => unknown): Contender => ({
  name,
  sample: async () => {
    const { cpuMs } = cpuOf(() => {
      for (let turn = 0; turn < TURN; turn++) work();
    });
    return cpuMs / TURN;
  },
});

/** Of mandates that nobody has verified: what held once is remembered. */
const turnOfNew = (
  name: string,
  company: PayingCompany,
  work: (mandate: Mandate) => unknown,
): Contender => ({
  name,
  sample: async () => {
    const mandates: Mandate[] = [];
    for (let turn = 0; turn < TURN; turn++) mandates.push((await company.pay()).mandate);
    const { cpuMs } = cpuOf(() => {
      for (const mandate of mandates) work(mandate);
    });
    return cpuMs / TURN;
  },
});

function checkSignatures(state: AuthorityState, signed: readonly SignedStatement[]): void {
  for (const statement of signed) {
    const credential = state.credentials.get(statement.credentialId);
    if (credential === undefined) throw new Error('signed with a credential of the log');
    const { kind, publicKey } = credential;
    const key = { kind, publicKey: parseBase64url(publicKey) };
    requireAssertion(statement, key, relyingPartyOf(state.origin));
  }
}

/** Spends of a dollar each, at equal distances over the last day, whose totals are asked for. */
function fullLedger(like: Spend): Ledger {
  const ledger = new Ledger();
  for (let number = 0; number < SPENDS; number++) {
    const at = instant(like.at - DAY_MS + 1 + Math.floor((number * DAY_MS) / SPENDS));
    const request = { ...like.request, units: usdc(1n) };
    const quotes = like.quotes.map((quote) => ({ ...quote, asOf: at }));
    ledger.count({ ...like, id: `spend ${number}`, at, request, quotes });
  }
  return ledger;
}
