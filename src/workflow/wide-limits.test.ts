/** Limits that are wider than a wallet, when many people pay from many wallets at one moment. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginAndSign, dollars, openAcme, openWallet, transferInput } from '#testing/acme.ts';
import { join } from '#testing/person.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { createTransfer } from './create-transfer.ts';

let stage: WorkflowStage;

beforeAll(async () => {
  stage = await openWorkflowStage();
});
afterAll(() => stage.close());

/** Four people and three wallets make twelve payments of 1,000 USDC, each pair one. */
async function payAtOnce(total: string): Promise<readonly string[]> {
  const more = `rule cap "A cap" { when ${total} then block "The cap is exceeded" }`;
  const acme = await openAcme(stage, { more });
  const { services, ada } = acme;
  const people = [acme.alice, acme.ben];
  for (const name of ['Ann', 'Al']) {
    people.push(await join(services, ada, name, 'finance-operator'));
  }
  const wallets = [acme.wallet];
  for (const name of ['Second', 'Third']) {
    wallets.push(
      await openWallet(services, ada, { network: 'local-evm', name, tags: ['payments'] }),
    );
  }
  const requests = [];
  for (const person of people) {
    for (const { id } of wallets) {
      const input = transferInput(acme, { walletId: id, amount: dollars(1_000) });
      const action = { operation: 'createTransfer', input } as const;
      requests.push({ person, input, signed: await beginAndSign(services, person, action) });
    }
  }
  const transfers = await Promise.all(
    requests.map(({ person, input, signed }) =>
      createTransfer(services, person.actor, input, signed),
    ),
  );
  return transfers.filter(({ state }) => state === 'QUEUED').map(({ id }) => id);
}

test.each([
  ['a wallet', 'sum(value) over last 24h by wallet > 2,000 USD', 6],
  ['an initiator', 'sum(value) over last 24h by initiator > 2,000 USD', 8],
  ['an asset', 'asset is USDC@local-evm and sum(amount) over last 24h by asset > 5,000 USDC', 5],
  ['a recipient', 'sum(value) over last 24h by recipient > 3,000 USD', 3],
  ['a network', 'count(transfer) over last 24h by network > 4', 4],
  ['the organisation', 'sum(value) over calendar month where (value > 1 USD) > 7,000 USD', 7],
])('a limit of %s holds exactly against payments at one moment', async (_, total, passing) => {
  expect(await payAtOnce(total)).toHaveLength(passing);
});
