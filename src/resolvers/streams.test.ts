import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectDatabase, reader } from '#persistence/database.ts';
import { type EventRow, latestCursor, readEvents } from '#persistence/event.ts';
import {
  approvalOf,
  carryOut,
  dollars,
  fundWallet,
  openAcme,
  pay,
  publish,
  vote,
} from '#testing/acme.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import type { Services } from '#workflow/services.ts';
import type { Context, EventFeed } from './context.ts';
import { followApprovals, followTransfer } from './streams.ts';

let stage: WorkflowStage;

beforeAll(async () => {
  stage = await openWorkflowStage();
});

afterAll(() => stage.close());

/** What is stored when it is asked for, and then nothing more. */
const storedFeed = (): EventFeed => ({
  latest: (organization) => latestCursor(reader(stage.services.db), organization),
  async follow(organization, after) {
    async function* stored(): AsyncGenerator<EventRow> {
      yield* await readEvents(reader(stage.services.db), { organization, after, limit: 100 });
    }
    return stored();
  },
});

test('an approval that is asked for again is told again, and each time once', async () => {
  const acme = await openAcme(stage);
  await fundWallet(stage, acme.wallet);
  const feed = storedFeed();
  const context = { services: acme.services, feed, actor: async () => acme.bob.actor };
  const transfer = await pay(acme, { amount: dollars(50_000) });
  const approval = await approvalOf(acme, transfer);
  const approvals = await followApprovals(context as unknown as Context);
  expect((await approvals.next()).value).toMatchObject({ id: approval.id });
  await vote(acme, acme.bob, approval);
  await publish(acme.services, acme.carol, { version: 2, quorum: 2 });
  await carryOut(acme, transfer);
  const { value } = await approvals.next();
  expect(value).toMatchObject({ id: approval.id, requirement: { quorums: [{ count: 2 }] } });
  expect(await approvals.next()).toMatchObject({ done: true });
});

test('a read that fails for one follower of a transfer is made again for the next', async () => {
  const acme = await openAcme(stage);
  await fundWallet(stage, acme.wallet);
  const transfer = await pay(acme, { amount: dollars(50_000) });
  let stored: Promise<EventRow[]> | undefined;
  const feed: EventFeed = {
    ...storedFeed(),
    async follow(organization, after) {
      async function* same(): AsyncGenerator<EventRow> {
        const wanted = { organization, after, limit: 100 };
        yield* await (stored ??= readEvents(reader(stage.services.db), wanted));
      }
      return same();
    },
  };
  const follow = (services: Services) => {
    const context = { services, feed, actor: async () => acme.bob.actor };
    return followTransfer(context as unknown as Context, transfer.id);
  };
  const services = { ...acme.services };
  const unlucky = await follow(services);
  const lucky = await follow(acme.services);
  for (const follower of [unlucky, lucky]) {
    expect((await follower.next()).value).toMatchObject({ state: 'PENDING_APPROVAL' });
  }
  await vote(acme, acme.bob, await approvalOf(acme, transfer));
  services.db = await connectDatabase({ url: `${stage.database.url}_is_gone` });
  await expect(unlucky.next()).rejects.toThrow('does not exist');
  await services.db.close();
  expect((await lucky.next()).value).toMatchObject({ id: transfer.id, state: 'QUEUED' });
});
