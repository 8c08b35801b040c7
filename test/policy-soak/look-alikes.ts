/**
 * Addresses that a person would take for another one. As an author writes them they are refused, or
 * they are plainly another address; in a request none of them is on a list that holds the original.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addressKey, checksummed } from '#policy-lang/values/address.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { decide } from '#policy-lang/decide.ts';
import { parseInstant } from '#core/time.ts';
import { propertySoak } from './soak.ts';
import { LEGACY, SEGWIT, WORLD, rulebookFile } from './world.ts';

const EVM = [
  '0x52908400098527886E0F7030069857D2E4169EE7',
  '0x8617E340B3D01FA5F11F306F4090FD50E238070D',
  '0xde709f2102306220921060314715629080e2fb77',
  '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
  '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
];
const SOLANA = [
  'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v',
  'So11111111111111111111111111111111111111112',
];
const BITCOIN = [SEGWIT, LEGACY];
const ORIGINALS = [...EVM, ...SOLANA, ...BITCOIN];

const networkOf = (address: string): string => {
  if (address.startsWith('0x')) return 'ethereum';
  return BITCOIN.includes(address) ? 'bitcoin' : 'solana';
};

/** Letters and digits that look like another one; the last ones are from other scripts. */
const TWINS: Readonly<Record<string, readonly string[]>> = {
  '0': ['O', 'o', '\u041e', '\uff10'],
  '1': ['l', 'I', '\u0406', '\uff11'],
  '3': ['\u0417', '\uff13'],
  '5': ['S', '\uff15'],
  '8': ['B', '\uff18'],
  a: ['\u0430', '\uff41'],
  A: ['\u0410', '\u0391', '4'],
  B: ['8', '\u0412', '\u0392'],
  c: ['\u0441', '\uff43'],
  C: ['\u0421', '\uff23'],
  d: ['\u0501', 'cl'],
  e: ['\u0435', '\uff45'],
  E: ['\u0415', '\u0395'],
  o: ['0', '\u043e'],
  S: ['5', '\u0405'],
  x: ['\u0445', '\u00d7', 'X'],
};
const HIDDEN = ['\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u202e', '\u034f'];

type Change = fc.Arbitrary<(address: string) => string>;

/** One letter at a random place that this table changes. */
const swapped: Change = fc.tuple(fc.nat(99), fc.nat(9)).map(([at, which]) => (address) => {
  const places = [...address].flatMap((letter, place) => (letter in TWINS ? [place] : []));
  const place = places[at % places.length] ?? 0;
  const twins = TWINS[address.charAt(place)] ?? ['?'];
  return address.slice(0, place) + (twins[which % twins.length] ?? '?') + address.slice(place + 1);
});
const hidden: Change = fc.tuple(fc.nat(50), fc.constantFrom(...HIDDEN)).map(
  ([at, letter]) =>
    (address) =>
      inserted(address, at % (address.length + 1), letter),
);
/** Around an address spaces mean nothing. */
const spaced: Change = fc
  .tuple(fc.nat(50), fc.constantFrom(' ', '\t', '\n', '\u00a0', '\u2009'))
  .map(
    ([at, space]) =>
      (address) =>
        inserted(address, 1 + (at % (address.length - 1)), space),
  );
const inserted = (address: string, place: number, letter: string): string =>
  address.slice(0, place) + letter + address.slice(place);
const shortened: Change = fc
  .tuple(fc.integer({ min: 4, max: 10 }), fc.constantFrom('…', '...', '', '****'))
  .map(
    ([kept, dots]) =>
      (address) =>
        address.slice(0, kept) + dots + address.slice(-kept),
  );
/** The beginning and the end that wallets show; the middle is the attacker's. */
const poisoned: Change = fc
  .tuple(fc.integer({ min: 4, max: 8 }), fc.array(fc.nat(15), { minLength: 40, maxLength: 40 }))
  .map(([kept, digits]) => (address) => {
    const end = address.length - kept;
    const other = [...address].map((letter, place) => {
      if (place < kept + 2 || place >= end) return letter;
      return address.startsWith('0x')
        ? (digits[place % 40] ?? 0).toString(16)
        : ('ABCDEFGHJKLMNPQR'[digits[place % 40] ?? 0] ?? 'A');
    });
    return address.startsWith('0x') ? checksummed(other.join('')) : other.join('');
  });
/** The same letters with other capitals. */
const recased: Change = fc
  .oneof(
    fc.constant<(letter: string, place: number) => boolean>(() => true),
    fc.constant<(letter: string, place: number) => boolean>(() => false),
    fc
      .nat(45)
      .map(
        (at) => (letter: string, place: number) =>
          (letter === letter.toUpperCase()) !== (place === at),
      ),
  )
  .map((isUpper) => (address) => {
    const from = address.startsWith('0x') ? 2 : 0;
    return (
      address.slice(0, from) +
      Array.from(address.slice(from))
        .map((letter, place) =>
          isUpper(letter, place) ? letter.toUpperCase() : letter.toLowerCase(),
        )
        .join('')
    );
  });
const otherFamily: Change = fc.constantFrom(
  (address: string) => (address.startsWith('0x') ? address.slice(2) : `0x${address}`),
  (address: string) => address.replace(/^0x/, '0X'),
  (address: string) =>
    address.startsWith('0x') ? `${address}000000000000000000000000` : address.slice(0, 42),
  (address: string) => `evm:${address}`,
  (address: string) => `ethereum:${address}`,
);

const lookAlike = fc.tuple(
  fc.constantFrom(...ORIGINALS),
  fc.oneof(swapped, hidden, spaced, shortened, poisoned, recased, otherFamily),
);

const HEADER = `policy "Look" {
  version 1
  effective from 2026-07-01T00:00 UTC
  governs transfer
  otherwise block
}
`;
const inRule = (address: string): ReturnType<typeof compileBundle> =>
  compileBundle(
    [rulebookFile(`${HEADER}rule r { when recipient in [${address}] then allow because "x" }`)],
    WORLD,
  );
const inList = (address: string, network: string): ReturnType<typeof compileBundle> =>
  compileBundle(
    [
      rulebookFile(
        `${HEADER}import list all from "lists/all.csv"
rule r { when recipient in all then allow because "x" }`,
      ),
      { path: 'lists/all.csv', content: `label,network,address\nX,${network},${address}\n` },
    ],
    WORLD,
  );

const allows = (policy: CompiledPolicy, recipient: string): boolean =>
  decide(policy, {
    now: parseInstant('2026-08-03T12:00:00Z'),
    activity: 'transfer',
    request: { recipient },
    prices: new Map(),
    aggregates: new Map(),
  }).outcome === 'ALLOW';

/** Lists that hold the originals alone, as authors write them: with their checksums. */
const ORIGINAL_POLICIES = new Map(
  ORIGINALS.map((address) => {
    const isEvm = address.startsWith('0x');
    const right = isEvm ? checksummed(address) : address;
    const { policy } = inList(right, networkOf(address));
    if (policy === undefined || !allows(policy, right)) throw new Error(`not read: ${address}`);
    return [address, policy] as const;
  }),
);

export const lookAlikeSoak = propertySoak(
  {
    id: 'look-alikes',
    claim: 'no look-alike of an address is taken for it, in a rule, a list or a request',
    runs: { short: 500, full: 100_000 },
  },
  lookAlike,
  ([address, change]) => {
    const isEvm = address.startsWith('0x');
    const right = isEvm ? checksummed(address) : address;
    const variant = change(right);
    // A Bech32 address may be written in capitals alone: it is not another one then (BIP-173).
    if (variant === right || (address === SEGWIT && variant === right.toUpperCase())) return;
    // Authors: refused, or another address than the original.
    for (const { policy } of [inRule(variant), inList(variant, networkOf(address))]) {
      if (policy !== undefined) assert.ok(!allows(policy, right), `accepted: ${variant}`);
    }
    // Requests: the capitals of an EVM address are no part of it, everything else is.
    const isSame = isEvm && addressKey(variant) === addressKey(right);
    const policy = ORIGINAL_POLICIES.get(address) as CompiledPolicy;
    assert.equal(allows(policy, variant), isSame, `accepted: ${variant}`);
    if (isSame) assert.equal(variant.toLowerCase(), right.toLowerCase());
  },
);
