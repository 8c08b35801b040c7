import { expect, test } from 'vitest';
import { parseNetworkId } from '#core/money.ts';
import { singleSources, tellSingleSources } from './single-sources.ts';

const ONE = 'https://one.example';

test.each([
  ['one endpoint', 'ethereum', ONE, true],
  ['one that is named twice', 'ethereum', `${ONE} ${ONE}`, true],
  ['two endpoints', 'ethereum', `${ONE} https://two.example`, false],
  ['a chain of this machine', 'local-evm', 'http://127.0.0.1:8545', false],
])('of %s a start says whether it is believed alone', (_, network, endpoints, isAlone) => {
  const id = parseNetworkId(network);
  const rpc = new Map([[id, endpoints]]);
  expect(singleSources(rpc)).toEqual(isAlone ? [id] : []);
  const told: object[] = [];
  tellSingleSources(rpc, { warn: (fields) => void told.push(fields) });
  expect(told).toEqual(isAlone ? [{ network }] : []);
});
