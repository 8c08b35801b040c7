import { afterAll, beforeAll, expect, test } from 'vitest';

import { idOf } from '#mandate/fixtures.ts';
import { askNode } from '#signer-cluster/operator/ask-node.ts';
import { type SignerTeam, signerTeam } from '#testing/signers.ts';

import { LaunchError } from './launch-error.ts';
import { requireSameTrust } from './signer-trust.ts';

let team: SignerTeam;

beforeAll(async () => {
  team = await signerTeam(2, 2);
});

afterAll(() => team?.close());

const signers = () =>
  [1, 2].map((party) => ({ name: `signer-${party}`, folder: team.house.data(party) }));

const pin = async (party: number, number: number, digits: string): Promise<void> => {
  const trust = {
    command: 'trust',
    organization: idOf('organization', number),
    genesis: digits.repeat(32),
  };
  expect(await askNode(team.house.data(party), trust)).toMatchObject({ ok: true });
};

const told: string[] = [];
const compared = () => requireSameTrust(signers(), (line) => told.push(line));

test('nodes that pinned one genesis, or that have not seen it all, go on', async () => {
  await compared();
  await pin(1, 1, 'aa');
  await compared();
  await pin(2, 1, 'aa');
  await compared();
  expect(told).toEqual([]);
});

test('the platform does not start over nodes that pinned different geneses of an organisation', async () => {
  await pin(1, 2, 'bb');
  await pin(2, 2, 'cc');
  const refusal = await compared().catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(LaunchError);
  expect(String(refusal)).toContain(`signer-1 trusts ${'bb'.repeat(32)}`);
  expect(String(refusal)).toContain(`signer-2 trusts ${'cc'.repeat(32)}`);
});
