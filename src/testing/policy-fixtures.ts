/** A small world, bundles in it, and snapshots to decide: what tests of policies are made of. */
import type { AssetId, NetworkId } from '#core/money.ts';
import { parsePrice } from '#core/money.ts';
import { type Instant, parseInstant } from '#core/time.ts';
import type { BundleFile } from '#policy-lang/bundle-files.ts';
import { type Compilation, compileBundle } from '#policy-lang/compile-bundle.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { type Diagnostic, type DiagnosticCode, placeOf } from '#policy-lang/diagnostics.ts';
import type { Quote, Snapshot } from '#policy-lang/snapshot.ts';
import type { World } from '#policy-lang/world.ts';

const asset = (id: string, decimals: number) =>
  [
    id as AssetId,
    { decimals, network: id.slice(id.indexOf('@') + 1) as NetworkId, family: 'evm' as const },
  ] as const;

export const WORLD: World = {
  assets: new Map([
    asset('USDC@ethereum', 6),
    asset('USDC@polygon', 6),
    asset('USDC@binance', 18),
    asset('EURC@ethereum', 6),
    asset('ETH@ethereum', 18),
  ]),
};

/** The same with the networks of the custody rulebook. */
export const CUSTODY_WORLD: World = {
  assets: new Map([
    ...WORLD.assets,
    ['BTC@bitcoin' as AssetId, { decimals: 8, network: 'bitcoin' as NetworkId, family: 'bitcoin' }],
    ['USDC@solana' as AssetId, { decimals: 6, network: 'solana' as NetworkId, family: 'solana' }],
  ]),
};

export const VENDOR = '0x52908400098527886E0F7030069857D2E4169EE7';
export const STRANGER = '0x0000000000000000000000000000000000000001';
export const BANNED = '0x8617E340B3D01FA5F11F306F4090FD50E238070D';

export const HEADER = `policy "Test" {
  version 1
  effective from 2026-07-01T00:00 UTC
  governs transfer
  otherwise block
}
import list approved-vendors from "lists/approved-vendors.csv"
import list banned from "lists/banned.csv"
import group managers from "groups.yaml"
import group directors from "groups.yaml"
`;

/** The lists and groups that `HEADER` imports. */
export const SUPPORT: readonly BundleFile[] = [
  {
    path: 'lists/approved-vendors.csv',
    content: `label,network,address\nVendor XYZ,ethereum,${VENDOR}\n`,
  },
  { path: 'lists/banned.csv', content: `label,network,address\nMallory,ethereum,${BANNED}\n` },
  {
    path: 'groups.yaml',
    content: 'managers: [bob@acme.example, carol@acme.example]\ndirectors: [dave@acme.example]\n',
  },
];

export const policyFile = (content: string): BundleFile => ({ path: 'main.policy', content });

/** Compiles one policy text with the support files. */
export const compile = (text: string, world: World = WORLD): Compilation =>
  compileBundle([policyFile(text), ...SUPPORT], world);

/** Compiles rules behind the usual header. @throws with the diagnostics when there are errors */
export function policyOf(rules: string, header: string = HEADER): CompiledPolicy {
  const { policy, diagnostics } = compile(`${header}${rules}`);
  if (policy === undefined) throw new Error(diagnostics.map(inOneLine).join('\n'));
  return policy;
}

/** `error UNKNOWN_NAME main.policy:3:7 There is no list ...` */
export const inOneLine = ({ severity, code, span, message }: Diagnostic): string =>
  `${severity} ${code} ${placeOf(span)} ${message}`;

/**
 * The diagnostics of rules behind the usual header, without warnings about what they leave unused.
 */
export const faultsOf = (rules: string): readonly Diagnostic[] =>
  compile(`${HEADER}${rules}`).diagnostics.filter(({ code }) => code !== 'UNUSED');

/** The messages of one code for rules behind the usual header. */
export const messagesOf = (code: DiagnosticCode, rules: string): readonly string[] =>
  faultsOf(rules).flatMap((found) => (found.code === code ? found.message : []));

export const NOW: Instant = parseInstant('2026-08-01T12:00:00Z');

export const quote = (price: string, currency = 'USD', ageMs = 0): Quote => ({
  price: parsePrice(price, currency),
  asOf: (NOW - ageMs) as Instant,
  maxAgeMs: 60_000,
  source: 'test',
});

export const DAY_TOTAL = 'sum(value) over last 24h by wallet in USD';

/** Alice pays 50,000 USDC to the vendor from a wallet tagged "payments"; `request` changes it. */
export function snapshotOf(
  request: Partial<Snapshot['request']> = {},
  more: Partial<Snapshot> = {},
): Snapshot {
  return {
    now: NOW,
    activity: 'transfer',
    request: {
      wallet: { id: 'wa-ops', tags: ['payments'] },
      asset: 'USDC@ethereum' as AssetId,
      units: 50_000_000_000n,
      recipient: VENDOR,
      initiator: { id: 'alice', roles: ['finance-operator'] },
      ...request,
    },
    prices: new Map([['USDC@ethereum' as AssetId, [quote('1.00')]]]),
    aggregates: new Map([[DAY_TOTAL, { total: 0n }]]),
    ...more,
  };
}

/**
 * Settings of a fuzz test: the same cases each time. FUZZ_RUNS=20000 tries more, FUZZ_SEED others;
 * the seed is printed where a case fails.
 */
export const fuzz = (numRuns: number): { numRuns: number; seed: number } => ({
  numRuns: Number(process.env['FUZZ_RUNS'] ?? numRuns),
  seed: Number(process.env['FUZZ_SEED'] ?? 20_260_701),
});
