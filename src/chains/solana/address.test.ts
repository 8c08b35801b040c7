import { ed25519 } from '@noble/curves/ed25519.js';
import { base58 } from '@scure/base';
import { getAssociatedTokenAddressSync } from '@solana/spl-token';
import { PublicKey, SystemProgram } from '@solana/web3.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressOf, formatAddress, isOnCurve, parseAddress } from './address.ts';
import { NONCE_SEED, nonceAccountOf, tokenAccountOf } from './derived-address.ts';
import { ALICE, USDC, VENDOR } from './fixtures.ts';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const MINT = USDC.contract as string;

test('an address is the public key, written as the SDK writes it', () => {
  fc.assert(
    fc.property(bytes32, (seed) => {
      const publicKey = ed25519.getPublicKey(seed);
      const address = addressOf(publicKey);
      expect(address).toBe(new PublicKey(publicKey).toBase58());
      expect(parseAddress(address)).toBe(address);
    }),
    { numRuns: 30 },
  );
});

test('a point is where the SDK sees one', () => {
  fc.assert(
    fc.property(bytes32, (bytes) => {
      expect(isOnCurve(bytes)).toBe(PublicKey.isOnCurve(bytes));
    }),
  );
});

test.each([new Uint8Array(31), new Uint8Array(33), new Uint8Array(32)])(
  '%# is no public key',
  (bytes) => {
    expect(() => addressOf(bytes)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  },
);

const GOOD = VENDOR.address;

test.each([
  ['nothing', '', /32 bytes/],
  ['an EVM address', '0x52908400098527886E0F7030069857D2E4169EE7', /begins with 0x/],
  ['a trailing space', `${GOOD} `, /space/],
  ['a zero-width space', `${GOOD}\u200b`, /space/],
  ['a letter of no base58 address', `0${GOOD.slice(1)}`, /character 0/],
  ['a letter that looks like one', `l${GOOD.slice(1)}`, /character l/],
  ['31 bytes', base58.encode(new Uint8Array(31).fill(9)), /32 bytes/],
  ['33 bytes', base58.encode(new Uint8Array(33).fill(9)), /32 bytes/],
  ['a leading 1 too many', `1${GOOD}`, /32 bytes/],
  ['the system program', SystemProgram.programId.toBase58(), /nobody holds a key/],
  ['a point of small order', formatAddress(ed25519.Point.ZERO.toBytes()), /nobody holds a key/],
  ['the account of a token', tokenAccountOf(GOOD, MINT), /nobody holds a key/],
  ['a sysvar', 'SysvarRecentB1ockHashes11111111111111111111', /nobody holds a key/],
])('%s is refused with a reason', (_, text, message) => {
  expect(() => parseAddress(text, 'to')).toThrow(
    expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringMatching(message) }),
  );
});

test('most single mistyped letters make an address that nobody holds', () => {
  const letters = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  let refused = 0;
  let tried = 0;
  for (let at = 1; at < GOOD.length; at += 4) {
    for (let step = 1; step < letters.length; step += 9) {
      const letter = letters[(letters.indexOf(GOOD[at] as string) + step) % 58] as string;
      tried += 1;
      try {
        parseAddress(GOOD.slice(0, at) + letter + GOOD.slice(at + 1));
      } catch {
        refused += 1;
      }
    }
  }
  // One encoding in two is a point, and one point in eight is of prime order.
  expect(refused / tried).toBeGreaterThan(0.85);
});

test('a wallet’s token account is where the SDK puts it', () => {
  fc.assert(
    fc.property(bytes32, bytes32, (wallet, mint) => {
      const [owner, token] = [new PublicKey(wallet), new PublicKey(mint)];
      const expected = getAssociatedTokenAddressSync(token, owner, true).toBase58();
      expect(tokenAccountOf(owner.toBase58(), token.toBase58())).toBe(expected);
    }),
    { numRuns: 30 },
  );
});

test('the nonce’s account is where the SDK derives it', async () => {
  const wallet = new PublicKey(ALICE.address);
  const expected = await PublicKey.createWithSeed(wallet, NONCE_SEED, SystemProgram.programId);
  expect(nonceAccountOf(ALICE.address)).toBe(expected.toBase58());
});
