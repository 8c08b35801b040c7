import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditDetail } from '#core/audit-entry.ts';
import { record } from '#identity/services.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import { auditOrigin, requireCosigned, type Witnesses } from '#mandate/checkpoint.ts';
import { type LogProof, requireLogged, requireLoggedEvidence } from '#mandate/log-proof.ts';
import { Vote } from '#persistence/approval.ts';
import { AuditEntry } from '#persistence/audit.ts';
import { AuditCheckpoint } from '#persistence/audit-tree.ts';
import { authorityEntries } from '#persistence/authority.ts';
import { reader, transaction } from '#persistence/database.ts';
import {
  type Acme,
  approvalOf,
  carryOut,
  dollars,
  fundWallet,
  openAcme,
  pay,
  vote,
} from '#testing/acme.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import type { KnownRecords } from '#cli/audit/known-records.ts';
import { verifyLines } from '#cli/audit/verify-export.ts';
import type { EntryLine } from '#mandate/audit-export.ts';
import { type ExportPage, exportLog } from './export-log.ts';
import { proofOf, proofOfTransfer, takeCheckpoint, takeCheckpoints } from './checkpoint.ts';

let stage: WorkflowStage;
let acme: Acme;
let witnesses: Witnesses;

beforeAll(async () => {
  stage = await openWorkflowStage();
  acme = await openAcme(stage);
  witnesses = { cosigners: stage.cluster.cosigners, quorum: 3 };
});

afterAll(async () => {
  await stage.close();
});

const organization = () => acme.wallet.organization;
const append = (detail: AuditDetail = {}) =>
  transaction(stage.services.db, (tx) =>
    record(stage.services, tx, {
      organization: organization(),
      actor: 'system',
      action: 'test.done',
      subject: 'nothing',
      detail,
    }),
  );

test('the request of a payment and the votes on it are proven to be in the log', async () => {
  await fundWallet(stage, acme.wallet);
  const transfer = await pay(acme, { amount: dollars(50_000) });
  const approval = await approvalOf(acme, transfer);
  await vote(acme, acme.bob, approval);
  const log = await proofOfTransfer(stage.services, organization(), transfer.id);
  const votes = await reader(stage.services.db).find(Vote, { approval: approval.id });
  const evidence = {
    organization: organization(),
    initiator: transfer.statement,
    approvals: votes.map(({ statement }) => statement),
  };
  const judge = (about: Partial<typeof evidence>, proof: LogProof = log) =>
    requireLoggedEvidence(proof, { ...evidence, ...about }, witnesses);
  expect(() => judge({})).not.toThrow();
  const [cast] = evidence.approvals as [SignedStatement];
  const forged = { ...cast, signature: transfer.statement.signature };
  expect(() => judge({ approvals: [cast, forged] })).toThrow(/does not hold every vote/);
  expect(() => judge({ initiator: cast })).toThrow(/does not hold the request/);
  const [created, voted] = log.entries as [LogProof['entries'][0], LogProof['entries'][0]];
  expect(() => judge({}, { ...log, entries: [created] })).toThrow(/does not hold every vote/);
  const repainted = { ...created, detail: { ...created.detail, evidence: 'other' } };
  expect(() => judge({}, { ...log, entries: [repainted, voted] })).toThrow(/is not in the log/);
  const moved = { ...created, proof: voted.proof };
  expect(() => judge({}, { ...log, entries: [moved, voted] })).toThrow(/is not in the log/);
  await carryOut(acme, transfer);
  const exported: string[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page: ExportPage = await exportLog(stage.services, acme.carol.actor, after);
    exported.push(...page.lines);
    after = page.next;
  }
  const auditor = await auditorOf();
  const verdict = await verifyLines(exported, auditor);
  expect(verdict.fault).toBeUndefined();
  expect(verdict.judged).toMatchObject({ assertions: 2, signatures: 1, receipts: 3 });
  const at = exported.findIndex((line) => line.includes('"action":"transfer.broadcast"'));
  const { unsigned } = (JSON.parse(exported[at] ?? '') as EntryLine).evidence;
  const other = `${unsigned?.slice(0, -8)}00000000`;
  const changed = exported.with(at, (exported[at] ?? '').replace(unsigned ?? '', other));
  const { fault } = await verifyLines(changed, auditor);
  expect(fault).toMatchObject({ from: at - othersBefore(exported, at) });
});

/** Who audits this organisation: the nodes' keys, and the genesis that is pinned. */
async function auditorOf() {
  const { db } = stage.services;
  const [genesis] = await authorityEntries(reader(db), organization(), 0, 1);
  const keys = new Map(witnesses.cosigners.map(({ publicKey }, index) => [index + 1, publicKey]));
  const nodes = { threshold: 2, members: keys.size, keys };
  const records: KnownRecords = [{ witnesses, nodes }];
  return { records, genesis: genesis?.hash ?? '', known: [] };
}

/** Lines before it that are no entries, and the log's own. */
const othersBefore = (lines: readonly string[], at: number): number =>
  lines.slice(0, at).filter((line) => !line.includes('"kind":"entry"')).length - 1;

test('everything that waits for a checkpoint shares one, and it covers what was written before', async () => {
  const count = () =>
    reader(stage.services.db).count(AuditCheckpoint, { organization: organization() });
  await takeCheckpoint(stage.services, organization());
  const before = await count();
  const proofs = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      await append({ index });
      const where = { organization: organization(), action: 'test.done' } as const;
      const rows = await reader(stage.services.db).find(AuditEntry, where);
      const own = rows.find(({ detail }) => detail?.['index'] === index);
      return proofOf(stage.services, organization(), own === undefined ? [] : [own.id]);
    }),
  );
  for (const proof of proofs) {
    expect(requireLogged(proof, organization(), witnesses)).toHaveLength(1);
  }
  const taken = (await count()) - before;
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(20);
});

test('a checkpoint that another process has taken meanwhile is as good', async () => {
  await append();
  const other = { ...stage.services, cluster: { ...stage.services.cluster } };
  let isFirst = true;
  const cluster: typeof other.cluster = {
    ...stage.services.cluster,
    async cosign(party, request) {
      if (isFirst) {
        isFirst = false;
        await append();
        await takeCheckpoint(other, organization());
      }
      return other.cluster.cosign(party, request);
    },
  };
  const taken = await takeCheckpoint({ ...stage.services, cluster }, organization());
  expect(taken).toEqual(await takeCheckpoint(other, organization()));
});

test('without a quorum of nodes there is no checkpoint, and with them there is one again', async () => {
  await append();
  stage.cluster.running.delete(2);
  const attempt = takeCheckpoint(stage.services, organization());
  await expect(attempt).rejects.toMatchObject({ code: 'SIGNERS_UNAVAILABLE' });
  stage.cluster.running.add(2);
  await append();
  await takeCheckpoints(stage.services);
  const { note, size } = await takeCheckpoint(stage.services, organization());
  const origin = auditOrigin(organization());
  expect(requireCosigned(note, origin, witnesses).size).toBe(BigInt(size));
});

/** What somebody can do who owns the database server. */
async function asOwner(...statements: string[]): Promise<void> {
  await transaction(stage.services.db, async (tx) => {
    await tx.execute('set local session_replication_role = replica');
    for (const statement of statements) await tx.execute(statement, [organization()]);
  });
}

test('the nodes remember a log that is set back, also when it has grown again', async () => {
  const { size } = await takeCheckpoint(stage.services, organization());
  const [last] = await reader(stage.services.db).find(
    AuditEntry,
    { organization: organization(), sequence: size - 3 },
    { fields: ['hash'] },
  );
  await asOwner(
    `delete from audit_entries where sequence > ${size - 3} and organization_id = ?`,
    `delete from audit_nodes where ("index" + 1) << level > ${size - 3} and organization_id = ?`,
    `delete from audit_checkpoints where size > ${size - 3} and organization_id = ?`,
    `update organization_logs set audit_sequence = ${size - 3},
       audit_hash = '\\x${Buffer.from(last?.hash ?? []).toString('hex')}' where organization_id = ?`,
  );
  const refused = { code: 'AUDIT_UNAVAILABLE', message: /remembers another audit log/ };
  const checkpoint = () => takeCheckpoint(stage.services, organization());
  for (let grown = 0; grown < 5; grown++) {
    await append({ grown });
    await expect(checkpoint()).rejects.toMatchObject({
      code: refused.code,
      message: expect.stringMatching(refused.message),
    });
  }
  expect(stage.errors).not.toEqual([]);
});
