/** A change is effective once a quorum of nodes has it in writing, and not before. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ChangeRequest } from '#persistence/change.ts';
import { reader } from '#persistence/database.ts';
import { type Acme, openAcme, publish } from '#testing/acme.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { gatherReceipts } from './gather-receipts.ts';
import { createJobRunner } from './sweep.ts';

let stage: WorkflowStage;
let acme: Acme;

beforeAll(async () => {
  stage = await openWorkflowStage();
  acme = await openAcme(stage);
});
afterAll(() => stage.close());

const changes = () =>
  reader(acme.services.db).find(
    ChangeRequest,
    { organization: acme.organization },
    { orderBy: { sequence: 'asc' } },
  );

test('with a node away nothing is effective, and it is asked for again later', async () => {
  stage.cluster.running.delete(3);
  const { change } = await publish(acme.services, acme.carol, { version: 2 });
  await gatherReceipts(acme.services, change.id);
  const waiting = await changes();
  expect(waiting.length).toBeGreaterThan(5);
  for (const { state, receipts, dueAt, attempts } of waiting) {
    expect([state, receipts?.receipts.length, attempts]).toEqual(['APPLIED', 2, 1]);
    expect(dueAt).toBeGreaterThan(acme.services.clock.now() - 1);
  }
});

test('a change whose job was lost is found by the sweep, and brought to all nodes', async () => {
  stage.cluster.running.add(3);
  stage.pass(10_000);
  const runner = createJobRunner(acme.services);
  const sent: Parameters<typeof runner.run>[0][] = [];
  const jobs = { send: async (_: unknown, job: (typeof sent)[number]) => void sent.push(job) };
  await createJobRunner({ ...acme.services, jobs }).sweep();
  const gathered = sent.filter(({ name }) => name === 'gather-receipts');
  expect(gathered.length).toBeGreaterThan(5);
  await Promise.all(gathered.map((job) => runner.run(job)));
  for (const { state, receipts, effectiveAt, dueAt } of await changes()) {
    expect([state, receipts?.receipts.length, dueAt]).toEqual(['EFFECTIVE', 3, null]);
    expect(effectiveAt).not.toBeNull();
  }
});
