import { Interface, Transaction as EthersTransaction } from 'ethers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Explanation } from '#chains/adapter.ts';
import { NETWORKS, findNetwork } from '#chains/registry.ts';
import { type Bytes, hex, parseHex } from '#core/bytes.ts';
import { isPlatformError } from '#core/errors.ts';
import { MAX_UNITS } from '#core/money.ts';
import { formatAddress } from './address.ts';
import { approveCall, explain, transferCall } from './explain.ts';
import { encodeUnsigned } from './transaction.ts';

const local = findNetwork('local-evm');
const USDC = '0x5FbDB2315678afecb367f032d93F642f64180aa3';
const WALLET = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed';
const VENDOR = '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359';
const NO_DATA = new Uint8Array(0);
const gas = { gasLimit: 60_000n, maxFeePerGas: 30n, maxPriorityFeePerGas: 2n };

const unsigned = (to: string, value: bigint, data: Bytes): Bytes =>
  encodeUnsigned({ chainId: 31_337n, nonce: 3n, ...gas, to, value, data });
const explainLocal = (bytes: Bytes): Explanation => explain(local, bytes, WALLET);

test('a native transfer is explained from its bytes', () => {
  expect(explainLocal(unsigned(VENDOR, 5n, NO_DATA))).toEqual({
    network: 'local-evm',
    effects: [{ kind: 'transfer', asset: 'ETH@local-evm', from: WALLET, to: VENDOR, units: 5n }],
    feeMax: { asset: 'ETH@local-evm', units: 1_800_000n },
    nonce: 3n,
    parameters: gas,
  });
});

test('a token transfer names the token, the recipient inside the call, and the token units', () => {
  const bytes = unsigned(USDC, 0n, transferCall(VENDOR, 50_000_000_000n));
  expect(explainLocal(bytes).effects).toEqual([
    { kind: 'transfer', asset: 'USDC@local-evm', from: WALLET, to: VENDOR, units: 50_000_000_000n },
  ]);
});

const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(formatAddress);

test('what ethers encodes as a transfer is explained as that transfer, on every EVM network', () => {
  const erc20 = new Interface(['function transfer(address to, uint256 units) returns (bool)']);
  const units = fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, MAX_UNITS));
  fc.assert(
    fc.property(
      fc.constantFrom(...NETWORKS.filter(({ family }) => family === 'evm')),
      address,
      units,
      fc.nat(),
      (network, to, units, at) => {
        const asset = network.assets[at % network.assets.length]!;
        const native = asset.contract === undefined;
        const transaction = EthersTransaction.from({
          type: 2,
          chainId: network.chainId,
          nonce: at,
          ...gas,
          to: asset.contract ?? to,
          value: native ? units : 0n,
          data: native ? '0x' : erc20.encodeFunctionData('transfer', [to, units]),
        });
        const explained = explain(
          network,
          parseHex(transaction.unsignedSerialized.slice(2)),
          WALLET,
        );
        expect(explained.effects).toEqual([
          { kind: 'transfer', asset: asset.id, from: WALLET, to, units },
        ]);
        expect(explained.nonce).toBe(BigInt(at));
      },
    ),
  );
});

const CALL = transferCall(VENDOR, 5n);
const withByte = (at: number, byte: number): Bytes => CALL.map((old, i) => (i === at ? byte : old));

test.each([
  [
    'an unregistered contract',
    unsigned(VENDOR, 0n, CALL),
    /calls 0xfB69\S+, which is no registered/,
  ],
  ['a token call with value', unsigned(USDC, 1n, CALL), /also sends the native asset/],
  ['a call of 67 bytes', unsigned(USDC, 0n, CALL.subarray(0, 67)), /67 bytes, not 68/],
  ['a call of 69 bytes', unsigned(USDC, 0n, Uint8Array.of(...CALL, 0)), /69 bytes, not 68/],
  ['another function', unsigned(USDC, 0n, withByte(0, 0x09)), /the function 0x09059cbb/],
  ['dirty address padding', unsigned(USDC, 0n, withByte(15, 1)), /not padded with zeros/],
  [
    'dirty padding of a spender',
    unsigned(
      USDC,
      0n,
      approveCall(VENDOR, 5n).map((old, i) => (i === 15 ? 1 : old)),
    ),
    /not padded with zeros/,
  ],
  ['an approval with value', unsigned(USDC, 1n, approveCall(VENDOR, 5n)), /also sends the native/],
  ['an approval of no token', unsigned(VENDOR, 0n, approveCall(VENDOR, 5n)), /no registered token/],
  [
    'a native transfer with a message',
    unsigned(VENDOR, 5n, Uint8Array.of(1)),
    /no registered token/,
  ],
])('refuses %s', (_, bytes, reason) => {
  expect(() => explainLocal(bytes)).toThrow(expect.objectContaining({ code: 'EVIDENCE_REJECTED' }));
  expect(() => explainLocal(bytes)).toThrow(reason);
});

test('an allowance names the token, the spender inside the call, and the most that may be taken', () => {
  const bytes = unsigned(USDC, 0n, approveCall(VENDOR, 50_000_000_000n));
  expect(explainLocal(bytes).effects).toEqual([
    {
      kind: 'allowance',
      asset: 'USDC@local-evm',
      from: WALLET,
      to: VENDOR,
      units: 50_000_000_000n,
      unlimited: false,
    },
  ]);
});

test('what ethers encodes as an approval is explained as that allowance', () => {
  const erc20 = new Interface(['function approve(address spender, uint256 units)']);
  const units = fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, MAX_UNITS));
  fc.assert(
    fc.property(address, units, (spender, units) => {
      const call = parseHex(erc20.encodeFunctionData('approve', [spender, units]).slice(2));
      expect(explainLocal(unsigned(USDC, 0n, call)).effects).toMatchObject([
        { kind: 'allowance', asset: 'USDC@local-evm', from: WALLET, to: spender, units },
      ]);
    }),
  );
});

test.each([
  ['nothing', 0n, false],
  ['one unit less than 96 bits hold', 2n ** 96n - 2n, false],
  ['all that 96 bits hold', 2n ** 96n - 1n, true],
  ['all that 160 bits hold', 2n ** 160n - 1n, true],
  ['half of what 256 bits hold', 2n ** 255n, true],
  ['all that 256 bits hold', MAX_UNITS, true],
])('an allowance of %s is without a bound or with one', (_, units, unlimited) => {
  const bytes = unsigned(USDC, 0n, approveCall(VENDOR, units));
  expect(explainLocal(bytes).effects).toMatchObject([{ kind: 'allowance', units, unlimited }]);
});

test.each([
  ['increaseAllowance(address,uint256)', [VENDOR, 5n], /0x39509351, neither transfer nor approve/],
  ['decreaseAllowance(address,uint256)', [VENDOR, 5n], /0xa457c2d7, neither transfer nor approve/],
  ['setApprovalForAll(address,bool)', [VENDOR, true], /0xa22cb465, neither transfer nor approve/],
  ['transferFrom(address,address,uint256)', [WALLET, VENDOR, 5n], /100 bytes, not 68/],
  [
    'permit(address,address,uint256,uint256,uint8,bytes32,bytes32)',
    [WALLET, VENDOR, 5n, 1n, 27n, `0x${'11'.repeat(32)}`, `0x${'22'.repeat(32)}`],
    /228 bytes, not 68/,
  ],
  ['approve(address,address,uint160,uint48)', [USDC, VENDOR, 5n, 1n], /132 bytes, not 68/],
])('a call of %s is refused', (signature, values, reason) => {
  const [name = ''] = signature.split('(');
  const call = new Interface([`function ${signature}`]).encodeFunctionData(name, values);
  expect(() => explainLocal(unsigned(USDC, 0n, parseHex(call.slice(2))))).toThrow(reason);
});

/** The explanation, or undefined where the bytes are refused as evidence. */
function explanationOf(bytes: Bytes): Explanation | undefined {
  try {
    return explainLocal(bytes);
  } catch (error) {
    if (isPlatformError(error, 'EVIDENCE_REJECTED')) return undefined;
    throw error;
  }
}

test.each([
  ['a native transfer', unsigned(VENDOR, 10n ** 18n, NO_DATA)],
  ['a token transfer', unsigned(USDC, 0n, transferCall(VENDOR, 50_000_000_000n))],
  ['an allowance', unsigned(USDC, 0n, approveCall(VENDOR, 50_000_000_000n))],
])('every change of one byte of %s is refused or explained differently', (_, bytes) => {
  const original = explainLocal(bytes);
  let explained = 0;
  for (let at = 0; at < bytes.length; at++) {
    for (let byte = 0; byte < 256; byte++) {
      if (byte === bytes[at]) continue;
      const other = explanationOf(bytes.map((old, i) => (i === at ? byte : old)));
      if (other === undefined) continue;
      explained++;
      expect(other).not.toEqual(original);
    }
  }
  expect(explained).toBeGreaterThan(5_000);
});

test('an explanation has one transaction: its bytes can be rebuilt from it', () => {
  const uint = fc.bigInt(0n, 2n ** 60n);
  const fields = fc.record({ to: address, units: uint, nonce: uint, gasLimit: uint, tip: uint });
  fc.assert(
    fc.property(fields, fc.boolean(), ({ to, units, nonce, gasLimit, tip }, token) => {
      const call = token
        ? { to: USDC, value: 0n, data: transferCall(to, units) }
        : { to, value: units, data: NO_DATA };
      const fees = { gasLimit, maxFeePerGas: tip + 5n, maxPriorityFeePerGas: tip };
      const bytes = encodeUnsigned({ chainId: 31_337n, nonce, ...fees, ...call });
      const { effects, nonce: n, parameters } = explainLocal(bytes);
      const effect = effects[0]!;
      const native = effect.asset === local.native;
      const rebuilt = encodeUnsigned({
        chainId: local.chainId,
        nonce: n,
        ...(parameters as typeof fees),
        to: native ? effect.to : USDC,
        value: native ? effect.units : 0n,
        data: native ? NO_DATA : transferCall(effect.to, effect.units),
      });
      expect(hex(rebuilt)).toBe(hex(bytes));
    }),
  );
});
