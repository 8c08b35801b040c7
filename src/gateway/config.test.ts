import { expect, test } from 'vitest';
import { type ConfigError, type Environment, parseConfig } from './config.ts';

const GOOD: Environment = {
  DATABASE_URL: 'postgres://postgres@127.0.0.1:5432/countersign',
  PUBLIC_ORIGIN: 'http://localhost:4000',
  SIGNERS: '1=127.0.0.1:7001, 2=127.0.0.1:7002,3=127.0.0.1:7003',
  SIGNER_TLS: '/data/tls',
  RPC_LOCAL_EVM: 'http://127.0.0.1:8545',
  PRICES: '/data/prices.json',
};

test('a complete environment is read, with its defaults', () => {
  expect(parseConfig(GOOD)).toEqual({
    port: 4000,
    databaseUrl: 'postgres://postgres@127.0.0.1:5432/countersign',
    dataDir: './.data',
    publicOrigin: 'http://localhost:4000',
    signers: new Map([
      [1, '127.0.0.1:7001'],
      [2, '127.0.0.1:7002'],
      [3, '127.0.0.1:7003'],
    ]),
    signerTls: '/data/tls',
    rpc: new Map([['local-evm', 'http://127.0.0.1:8545']]),
    prices: '/data/prices.json',
    logLevel: 'info',
    exitWithParent: false,
  });
});

test('a network may have several endpoints, with blanks between them, all of them URLs', () => {
  const both = 'https://one.example https://two.example';
  expect([...parseConfig({ ...GOOD, RPC_ETHEREUM: both }).rpc.values()]).toContain(both);
  expect(faults({ ...GOOD, RPC_ETHEREUM: `${both} three` })).toEqual(['RPC_ETHEREUM']);
});

test('the limits of an address are read', () => {
  const limits = { SOCKETS_PER_ADDRESS: '5000', CEREMONIES_PER_ADDRESS: '9000' };
  const read = { socketsPerAddressMax: 5_000, ceremoniesPerAddress: 9_000 };
  expect(parseConfig({ ...GOOD, ...limits })).toMatchObject(read);
});

test('who screens addresses is read, with the token', () => {
  const screening = { SCREENING: 'https://screening.example/v1', SCREENING_TOKEN: 'abc' };
  expect(parseConfig({ ...GOOD, ...screening }).screening).toEqual({
    source: 'https://screening.example/v1',
    token: 'abc',
  });
  expect(faults({ ...GOOD, ...screening, SCREENING_TOKEN: 'a b' })).toEqual(['SCREENING_TOKEN']);
});

test('nodes may dial in, where the worker says at which address', () => {
  const hybrid = { SIGNERS: '1=127.0.0.1:7001,2=dial-in', SIGNER_RENDEZVOUS: '0.0.0.0:7443' };
  expect(parseConfig({ ...GOOD, ...hybrid })).toMatchObject({
    signers: new Map([
      [1, '127.0.0.1:7001'],
      [2, 'dial-in'],
    ]),
    signerRendezvous: { host: '0.0.0.0', port: 7443 },
  });
});

const faults = (env: Environment) => {
  try {
    parseConfig(env);
    return [];
  } catch (error) {
    return (error as ConfigError).faults.map((fault) => fault.split(':')[0]);
  }
};

test('all faults are listed together', () => {
  expect(faults({})).toEqual(['DATABASE_URL', 'PUBLIC_ORIGIN', 'SIGNERS', 'SIGNER_TLS', 'PRICES']);
  const wrong = { ...GOOD, PORT: '70000', LOG_LEVEL: 'loud', RPC_MARS: 'http://127.0.0.1:1' };
  expect(faults(wrong)).toEqual(['PORT', 'RPC_MARS', 'LOG_LEVEL']);
});

test.each([
  ['PORT', '-1'],
  ['PORT', '4e3'],
  ['DATABASE_URL', 'mysql://127.0.0.1/x'],
  ['DATABASE_URL', 'localhost'],
  ['PUBLIC_ORIGIN', 'http://localhost:4000/'],
  ['PUBLIC_ORIGIN', 'localhost'],
  ['CONSOLE_ORIGIN', 'not an origin'],
  ['SIGNERS', '1=127.0.0.1'],
  ['SIGNERS', '1=127.0.0.1:7001,1=127.0.0.1:7002'],
  ['SIGNERS', '0=127.0.0.1:7001'],
  ['SIGNERS', '127.0.0.1:7001'],
  ['SIGNERS', '1=dial-out'],
  ['SIGNER_RENDEZVOUS', '0.0.0.0'],
  ['SIGNER_RENDEZVOUS', '0.0.0.0:70000'],
  ['RPC_LOCAL_EVM', 'ws://127.0.0.1:8545'],
  ['RPC_NOWHERE', 'http://127.0.0.1:8545'],
  ['LOG_LEVEL', 'INFO'],
  ['SOCKETS_PER_ADDRESS', '0'],
  ['SOCKETS_PER_ADDRESS', 'many'],
  ['CEREMONIES_PER_ADDRESS', '-1'],
])('%s=%s is refused with a line of its own', (name, value) => {
  expect(() => parseConfig({ ...GOOD, [name]: value })).toThrow(new RegExp(`\n  ${name}: .+`));
});
