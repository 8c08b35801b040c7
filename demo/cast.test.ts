import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewayStage, openGatewayStage, OPERATOR_TOKEN } from '#testing/gateway-stage.ts';
import { foundAcme, hire } from './cast.ts';

let stage: GatewayStage;
beforeAll(async () => {
  stage = await openGatewayStage();
});
afterAll(() => stage.close());

test("people's passkeys are for the platform's origin, wherever it is reached", async () => {
  const place = { url: stage.url, origin: stage.services.origin };
  expect(place.origin).not.toBe(place.url);
  const ada = await foundAcme(place, OPERATOR_TOKEN);
  const bob = await hire(place, ada, 'Bob', 'treasury-manager');
  expect((await bob.client.login()).viewer.user.name).toBe('Bob');
  for (const { client } of [ada, bob]) client.close();
});
