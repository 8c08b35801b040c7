import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewayStage, openGatewayStage, OPERATOR_TOKEN } from '#testing/gateway-stage.ts';
import { foundAcme, hire } from './cast.ts';
import { createNarrator } from './narrator.ts';
import { perform } from './walkthrough.ts';

let stage: GatewayStage;
beforeAll(async () => {
  stage = await openGatewayStage();
});
afterAll(() => stage.close());

test("people's passkeys are for the platform's origin, wherever it is reached", async () => {
  const place = { url: stage.url, origin: stage.services.origin };
  expect(place.origin).not.toBe(place.url);
  const ada = await foundAcme(place, OPERATOR_TOKEN);
  const bob = await hire(place, ada, { name: 'Bob', role: 'treasury-manager' });
  expect((await bob.client.login()).viewer.user.name).toBe('Bob');
  for (const { client } of [ada, bob]) client.close();
});

test('a platform on which nothing goes on is told so, and not waited for without an end', async () => {
  let told = '';
  const narrator = createNarrator((text) => (told += text), false);
  // There is no worker, so the wallet's key is never made.
  const own = {
    url: stage.url,
    origin: stage.services.origin,
    rpc: stage.anvil.url,
    rpcSolana: '',
    operatorToken: OPERATOR_TOKEN,
    isOwn: false,
    leave: async () => undefined,
  };
  const play = perform(own, narrator, 1_000);
  await expect(play).rejects.toThrow('the demo has waited for 1 s');
  expect(told).toContain('A treasury wallet');
});
