import fs from 'node:fs';
import path from 'node:path';

import { temporaryFolder } from '#testing/temporary-folder.ts';
import { expect, test } from 'vitest';

import { isForServices, requireSoundEnvironment } from './environment.ts';
import { LaunchError } from './launch-error.ts';

const faultsOf = async (env: NodeJS.ProcessEnv, tls = temporaryFolder()): Promise<string[]> => {
  const failure: unknown = await requireSoundEnvironment(env, tls).catch((error: unknown) => error);
  if (failure === undefined) return [];
  expect(failure).toBeInstanceOf(LaunchError);
  return [...(failure as LaunchError).message.matchAll(/\n {2}(\w+): /g)].map(
    ([, name]) => name as string,
  );
};

test('an environment that names nothing, or names parts that can be used, is sound', async () => {
  expect(await faultsOf({ PATH: '/bin', SIGNERS: '', RPC_LOCAL_EVM: '' })).toEqual([]);
  const tls = temporaryFolder();
  for (const name of ['ca.pem', 'client.pem', 'client-key.pem']) {
    fs.writeFileSync(path.join(tls, name), '');
  }
  const parts = {
    DATABASE_URL: 'postgres://me@db.example/countersign',
    SIGNERS: '1=a.example:7001,2=b.example:7001',
    RPC_LOCAL_EVM: 'http://127.0.0.1:8545',
    RPC_ETHEREUM: 'https://rpc.example',
  };
  expect(await faultsOf(parts, tls)).toEqual([]);
  expect(await faultsOf({ ...parts, SIGNER_TLS: tls })).toEqual([]);
});

test('all faults are told together, before anything is started', async () => {
  const wrong = {
    DATABASE_URL: 'mysql://db.example',
    PUBLIC_ORIGIN: 'example',
    CONSOLE_ORIGIN: 'example',
    SIGNERS: '127.0.0.1:7001',
    RPC_MARS: 'http://127.0.0.1:8545',
    LOG_LEVEL: 'loud',
    PORT: 'http',
    SOCKETS_PER_ADDRESS: 'many',
    CEREMONIES_PER_ADDRESS: '0',
    SIGNER_TLS: path.join(temporaryFolder(), 'nothing'),
  };
  expect((await faultsOf(wrong)).toSorted()).toEqual(Object.keys(wrong).toSorted());
});

test('signers without the certificate to reach them are a fault', async () => {
  expect(await faultsOf({ SIGNERS: '1=127.0.0.1:7001' })).toEqual(['SIGNER_TLS']);
});

test('nodes that a record names are named by one, and met where they dial in', async () => {
  const tls = temporaryFolder();
  for (const name of ['ca.pem', 'client.pem', 'client-key.pem']) {
    fs.writeFileSync(path.join(tls, name), '');
  }
  const SIGNERS = 'record';
  const told = (record: unknown, more: NodeJS.ProcessEnv = {}) => {
    fs.writeFileSync(path.join(tls, 'committee.json'), JSON.stringify(record));
    return faultsOf({ SIGNERS, ...more }, tls);
  };
  expect(await faultsOf({ SIGNERS }, tls)).toEqual(['SIGNER_TLS']);
  expect(await told({})).toEqual(['SIGNER_TLS']);
  const identity = '00'.repeat(32);
  const member = (address: string) => ({ party: 1, identity, reach: { address, ca: 'PEM' } });
  expect(await told({ members: [member('a.example:7001')], retired: [] })).toEqual([]);
  const dialling = { members: [member('dial-in')], retired: [] };
  expect(await told(dialling)).toEqual(['SIGNER_RENDEZVOUS']);
  expect(await told(dialling, { SIGNER_RENDEZVOUS: '0.0.0.0:7443' })).toEqual([]);
});

test('the gateway and the worker are handed what is theirs alone', () => {
  const theirs = ['RPC_SEPOLIA', 'CONSOLE_ORIGIN', 'SOCKETS_PER_ADDRESS', 'CEREMONIES_PER_ADDRESS'];
  expect([...theirs, 'AWS_SECRET_ACCESS_KEY', 'DATABASE_URL'].filter(isForServices)).toEqual(
    theirs,
  );
});
