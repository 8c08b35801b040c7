import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewayStage, openGatewayStage } from '#testing/gateway-stage.ts';
import { CountersignClient } from './client.ts';

let stage: GatewayStage;

beforeAll(async () => {
  stage = await openGatewayStage();
});
afterAll(() => stage.close());

/** Nobody listens there. */
const NOWHERE = 'ws://127.0.0.1:9/graphql';

test('events from now on that are cut off before the first one miss nothing', async () => {
  const ada = await stage.found();
  let isCut = false;
  const subscribed = Promise.withResolvers<WebSocket>();
  class Cuttable extends WebSocket {
    constructor(...[url, protocols]: ConstructorParameters<typeof WebSocket>) {
      super(isCut ? NOWHERE : url, protocols);
    }

    override send(message: string): void {
      super.send(message);
      if (message.includes('"subscribe"')) subscribed.resolve(this);
    }
  }
  const client = new CountersignClient({
    url: stage.url,
    origin: stage.services.origin,
    authenticator: ada.authenticator,
    webSocket: Cuttable,
  });
  await client.resume(ada.session.sessionToken);
  const create = (name: string) => client.createWallet({ network: 'local-evm', name });
  await create('Before');
  const events = client.events();
  const first = events.next();
  const socket = await subscribed.promise;
  isCut = true;
  socket.close();
  const { id } = await create('While it was cut');
  isCut = false;
  expect((await first).value).toMatchObject({ type: 'WALLET_UPDATED', subject: id });
  client.close();
});
