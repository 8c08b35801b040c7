import { Interface, TypedDataEncoder, Wallet, verifyTypedData } from 'ethers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Asset } from '#chains/adapter.ts';
import { findAsset, findNetwork } from '#chains/registry.ts';
import { type Bytes, hex, parseHex, utf8 } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { MAX_UNITS } from '#core/money.ts';
import { formatAddress } from './address.ts';
import { explain, transferCall } from './explain.ts';
import { type Permit, decodePermit, encodePermit, readPermit } from './permit.ts';
import { payloads, seal } from './seal.ts';
import { encodeUnsigned } from './transaction.ts';
import { domainSeparator } from './typed-data.ts';

const local = findNetwork('local-evm');
const USDC = findAsset('USDC@local-evm');
const wallet = Wallet.createRandom();
const SPENDER = '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359';

const permit: Permit = {
  asset: USDC,
  owner: wallet.address,
  spender: SPENDER,
  units: 50_000_000_000n,
  nonce: 3n,
  deadline: 1_800_000_000n,
};

const TYPE = {
  Permit: ['owner', 'spender', 'value', 'nonce', 'deadline'].map((name) => ({
    name,
    type: name === 'owner' || name === 'spender' ? 'address' : 'uint256',
  })),
};
const DOMAIN = {
  name: 'Test USD Coin',
  version: '1',
  chainId: 31_337,
  verifyingContract: USDC.contract as string,
};
const MESSAGE = {
  owner: wallet.address,
  spender: SPENDER,
  value: '50000000000',
  nonce: '3',
  deadline: '1800000000',
};
/** As a program asks a wallet by `eth_signTypedData_v4`. */
const ASKED = TypedDataEncoder.getPayload(DOMAIN, TYPE, MESSAGE) as {
  readonly types: Record<string, { name: string; type: string }[]>;
};
const asked = (change: object = {}): string => JSON.stringify({ ...ASKED, ...change });

test.each([
  // What each token's DOMAIN_SEPARATOR() tells on its chain.
  ['USDC@ethereum', '06c37168a7db5138defc7866392bb87a741f9b3d104deb5094588ce041cae335'],
  ['USDC@sepolia', 'b90e5057db141a932946e64d09ccb7ffc9b00bd79fec26f698d29af0c83320a6'],
  ['USDC@polygon', 'caa2ce1a5703ccbe253a34eb3166df60a705c561b44b192061e28f2a985be2ca'],
  ['USDC@arbitrum', '08d11903f8419e68b1b8721bcbe2e9fc68569122a77ef18c216f10b3b5112c78'],
])('the registry has the domain of %s as the token has it', (id, separator) => {
  const { contract = '', permit = { name: '', version: '' } } = findAsset(id);
  const { chainId } = findNetwork(id.slice(id.indexOf('@') + 1));
  expect(hex(domainSeparator({ ...permit, chainId, verifyingContract: contract }))).toBe(separator);
});

test('a permit is explained as what it lets the spender take, until when', () => {
  expect(explain(local, encodePermit(local, permit), wallet.address)).toEqual({
    network: 'local-evm',
    effects: [
      {
        kind: 'permit',
        asset: 'USDC@local-evm',
        from: wallet.address,
        to: SPENDER,
        units: 50_000_000_000n,
        unlimited: false,
        deadline: 1_800_000_000n,
      },
    ],
    feeMax: { asset: 'ETH@local-evm', units: 0n },
    nonce: 3n,
    parameters: {},
  });
});

test('it is read as a program writes it, and has one text whatever way it was written', () => {
  expect(readPermit(asked())).toEqual({ network: local, permit });
  const numbers = { ...MESSAGE, nonce: 3, deadline: '0x6b49d200', value: '0xba43b7400' };
  expect(readPermit(asked({ message: numbers })).permit).toEqual(permit);
  const bytes = encodePermit(local, permit);
  expect(decodePermit(local, bytes)).toEqual(permit);
  const text = new TextDecoder().decode(bytes);
  expect(text).toBe(canonicalText(JSON.parse(text)));
  expect(readPermit(text).permit).toEqual(permit);
  // A text with the same meaning is not what nodes were shown before.
  expect(() => decodePermit(local, utf8(` ${text}`))).toThrow(/not the canonical typed data/);
  expect(() => decodePermit(local, utf8(asked()))).toThrow(/not the canonical typed data/);
});

const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(formatAddress);
const number = fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, MAX_UNITS));

test('every permit has the digest of ethers, and one text from which it is read again', () => {
  const permits = fc.record({
    asset: fc.constant(USDC),
    owner: address.filter((text) => !/^0x0+$/.test(text)),
    spender: address.filter((text) => !/^0x0+$/.test(text)),
    units: number,
    nonce: number,
    deadline: number,
  });
  fc.assert(
    fc.property(permits, (made: Permit) => {
      const bytes = encodePermit(local, made);
      expect(decodePermit(local, bytes)).toEqual(made);
      const { owner, spender, units: value, nonce, deadline } = made;
      const message = { owner, spender, value, nonce, deadline };
      expect(`0x${hex(payloads(local, bytes)[0]!.digest)}`).toBe(
        TypedDataEncoder.hash(DOMAIN, TYPE, message),
      );
    }),
  );
});

const signed = (digest: Bytes) => {
  const { r, s, yParity } = wallet.signingKey.sign(digest);
  return { r: parseHex(r.slice(2)), s: parseHex(s.slice(2)), recovery: yParity };
};

test('its signature has 65 bytes that recover to the owner, and its hash is the digest', () => {
  const bytes = encodePermit(local, permit);
  const { digest } = payloads(local, bytes)[0]!;
  const sealed = seal(local, bytes, [signed(digest)], wallet.address);
  expect(sealed.hash).toBe(`0x${hex(digest)}`);
  expect(sealed.raw).toHaveLength(65);
  expect(verifyTypedData(DOMAIN, TYPE, MESSAGE, `0x${hex(sealed.raw)}`)).toBe(wallet.address);
  expect(() => seal(local, bytes, [signed(digest)], SPENDER)).toThrow(/signed by/);
});

test('every change of one byte is refused or explained differently', () => {
  const bytes = encodePermit(local, permit);
  const original = explain(local, bytes, wallet.address);
  let explained = 0;
  for (let at = 0; at < bytes.length; at++) {
    for (const byte of [0x30, 0x31, 0x39, 0x22, 0x7d, (bytes[at]! + 1) % 256]) {
      if (byte === bytes[at]) continue;
      const other = bytes.map((old, index) => (index === at ? byte : old));
      try {
        expect(explain(local, other, wallet.address)).not.toEqual(original);
        explained++;
      } catch (error) {
        expect(error).toMatchObject({ code: 'EVIDENCE_REJECTED' });
      }
    }
  }
  // The digits of value, nonce and deadline are all that may differ.
  expect(explained).toBeGreaterThan(20);
});

test('no bytes are both a permit and a transaction', () => {
  const transaction = encodeUnsigned({
    chainId: 31_337n,
    nonce: 3n,
    maxPriorityFeePerGas: 1n,
    maxFeePerGas: 2n,
    gasLimit: 60_000n,
    to: USDC.contract as string,
    value: 0n,
    data: transferCall(SPENDER, 5n),
  });
  expect(explain(local, transaction, wallet.address).effects[0]?.kind).toBe('transfer');
  expect(() => decodePermit(local, transaction)).toThrow(/not the JSON/);
  // EIP-191: 0x19 begins neither, so what is signed of a permit is nobody's transaction.
  const prefixed = parseHex(`1901${hex(payloads(local, transaction)[0]!.digest).repeat(2)}`);
  expect(() => explain(local, prefixed, wallet.address)).toThrow(/not an EIP-1559/);
});

test('a permit for another network is not read as one for this', () => {
  const mainnet = findNetwork('ethereum');
  const bytes = encodePermit(mainnet, { ...permit, asset: findAsset('USDC@ethereum') });
  expect(decodePermit(mainnet, bytes).units).toBe(permit.units);
  expect(() => decodePermit(local, bytes)).toThrow(/a permit for ethereum, not for local-evm/);
});

test('a permit of another owner is not the wallet’s', () => {
  const bytes = encodePermit(local, { ...permit, owner: SPENDER });
  expect(() => explain(local, bytes, wallet.address)).toThrow(/a permit of 0xfB69\S+, not of/);
});

const DAI_PERMIT = ['holder', 'spender', 'nonce', 'expiry', 'allowed'].map((name, at) => ({
  name,
  type: ['address', 'address', 'uint256', 'uint256', 'bool'][at] as string,
}));
const PERMIT_DETAILS = ['token', 'amount', 'expiration', 'nonce'].map((name, at) => ({
  name,
  type: ['address', 'uint160', 'uint48', 'uint48'][at] as string,
}));
const PERMIT_2 = {
  domain: { name: 'Permit2', chainId: 31_337, verifyingContract: SPENDER },
  types: {
    EIP712Domain: [],
    PermitSingle: [
      { name: 'details', type: 'PermitDetails' },
      { name: 'spender', type: 'address' },
      { name: 'sigDeadline', type: 'uint256' },
    ],
    PermitDetails: PERMIT_DETAILS,
  },
  primaryType: 'PermitSingle',
};
const authorization = new Interface([
  'function transferWithAuthorization(address from,address to,uint256 value)',
]);

test.each<[string, string, RegExp]>([
  [
    'a permit like that of DAI, which allows all or nothing',
    asked({ types: { ...ASKED.types, Permit: DAI_PERMIT } }),
    /the type Permit is another one: only EIP-2612 permits of registered tokens/,
  ],
  ['a permit for Permit2', asked(PERMIT_2), /the type is not Permit: only EIP-2612/],
  [
    'an authorisation of EIP-3009',
    asked({ primaryType: 'TransferWithAuthorization' }),
    /the type is not Permit/,
  ],
  ['another struct under the name', asked({ primaryType: 'Order' }), /the type is not Permit/],
  [
    'a permit with its fields in another order',
    asked({ types: { ...ASKED.types, Permit: ASKED.types['Permit']?.toReversed() } }),
    /the type Permit is another one/,
  ],
  [
    'a domain with a salt',
    asked({ domain: { ...DOMAIN, salt: `0x${'11'.repeat(32)}` } }),
    /the domain has other fields/,
  ],
  [
    'a permit with another type beside it',
    asked({ types: { ...ASKED.types, Order: [] } }),
    /the types has other fields/,
  ],
  [
    'a permit of a contract that is no registered token',
    asked({ domain: { ...DOMAIN, verifyingContract: SPENDER } }),
    /0xfB69\S+ is no registered token/,
  ],
  [
    'a permit for a chain that is not known',
    asked({ domain: { ...DOMAIN, chainId: 5 } }),
    /no network with the chain id 5/,
  ],
  [
    'a permit of a token of another chain',
    asked({ domain: { ...DOMAIN, chainId: 1 } }),
    /0x5FbDB\S+ is no registered token/,
  ],
  ['a domain of another name', asked({ domain: { ...DOMAIN, name: 'USDC' } }), /not the one of/],
  ['a domain of another version', asked({ domain: { ...DOMAIN, version: '2' } }), /not the one of/],
  [
    'an address with a wrong checksum',
    asked({ message: { ...MESSAGE, spender: SPENDER.replace('B', 'b') } }),
    /the spender wrong checksum/,
  ],
  ['an address of 19 bytes', asked({ message: { ...MESSAGE, spender: '0x12' } }), /has 2 digits/],
  [
    'the zero address as the spender',
    asked({ message: { ...MESSAGE, spender: `0x${'0'.repeat(40)}` } }),
    /the spender the zero address/,
  ],
  ['an amount below zero', asked({ message: { ...MESSAGE, value: -1 } }), /value is no whole/],
  [
    'an amount with a fraction',
    asked({ message: { ...MESSAGE, value: 1.5 } }),
    /value is no whole/,
  ],
  [
    'a number that JSON does not hold exactly',
    asked({ message: { ...MESSAGE, value: 2 ** 60 } }),
    /value is no whole/,
  ],
  [
    'an amount of more than 256 bits',
    asked({ message: { ...MESSAGE, value: (MAX_UNITS + 1n).toString() } }),
    /more than 256 bits/,
  ],
  ['a personal message', 'I agree to the terms', /not the JSON of typed data: only EIP-2612/],
  ['a digest', `0x${'ab'.repeat(32)}`, /not the JSON of typed data/],
  ['a call of a contract', authorization.format()[0] as string, /not the JSON of typed data/],
  ['a list', '[]', /the message is no object/],
  ['a text that is too long', `{${' '.repeat(5_000)}}`, /longer than/],
])('%s is refused', (_, text, reason) => {
  expect(() => readPermit(text)).toThrow(expect.objectContaining({ code: 'EVIDENCE_REJECTED' }));
  expect(() => readPermit(text)).toThrow(reason);
});

test('a token of which no domain is known takes no permit', () => {
  const { permit: _, ...plain } = USDC;
  const asset: Asset = plain;
  expect(() => encodePermit(local, { ...permit, asset })).toThrow(/not known to take permits/);
});
