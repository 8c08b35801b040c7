/**
 * Checkpoints of the audit log: the entries become leaves of its tree, and a quorum of nodes cosigns
 * the tree's root. All that waits for a checkpoint at one moment waits for the same one.
 */
import { hex } from '#core/bytes.ts';
import { isPlatformError, PlatformError } from '#core/errors.ts';
import type { AuditId, OrganizationId, TransferId } from '#core/ids.ts';
import { auditOrigin, printCheckpoint } from '#mandate/checkpoint.ts';
import type { LogProof, ProvenEntry } from '#mandate/log-proof.ts';
import { quorumOf } from '#mandate/quorum.ts';
import { type NoteSignature, parseNote, printNote } from '#mandate/signed-note.ts';
import { Approval } from '#persistence/approval.ts';
import { AuditEntry, type AuditEntryRow, auditStatement } from '#persistence/audit.ts';
import {
  type AuditCheckpointRow,
  checkpointOver,
  consistencyProof,
  grownLogs,
  growTree,
  inclusionProof,
  keepCheckpoint,
  latestCheckpoint,
  rootAt,
  treeSize,
} from '#persistence/audit-tree.ts';
import { reader, transaction } from '#persistence/database.ts';
import { Rounds } from './rounds.ts';
import type { Services } from './services.ts';

/** What one process does for the logs of one cluster. */
type Cosignings = {
  readonly rounds: Map<OrganizationId, Rounds<AuditCheckpointRow>>;
  /** Which size of each log each node cosigned last, as far as it is known: the node knows better. */
  readonly heads: Map<string, number>;
};

const COSIGNINGS = new WeakMap<Services['cluster'], Cosignings>();

function cosigningsOf({ cluster }: Services): Cosignings {
  const known = COSIGNINGS.get(cluster) ?? { rounds: new Map(), heads: new Map() };
  COSIGNINGS.set(cluster, known);
  return known;
}

/**
 * A checkpoint over everything that was committed before the call.
 * @throws SIGNERS_UNAVAILABLE when too few nodes answer; AUDIT_UNAVAILABLE when they remember another
 *   log than this one
 */
export function takeCheckpoint(
  services: Services,
  organization: OrganizationId,
): Promise<AuditCheckpointRow> {
  const { rounds } = cosigningsOf(services);
  const known = rounds.get(organization);
  const round = known ?? new Rounds(() => makeCheckpoint(services, organization));
  rounds.set(organization, round);
  return round.join();
}

/** A checkpoint of every log that has grown since its last one. */
export async function takeCheckpoints(services: Services): Promise<void> {
  const grown = await grownLogs(reader(services.db));
  await Promise.all(grown.map((organization) => takeCheckpoint(services, organization)));
}

/** Other processes take checkpoints of the same log, which cover this one where they were faster. */
const ATTEMPTS_MAX = 5;

async function makeCheckpoint(
  services: Services,
  organization: OrganizationId,
): Promise<AuditCheckpointRow> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await makeOnce(services, organization);
    } catch (error) {
      const isAhead = isPlatformError(error) && error.context['isAhead'] === true;
      if (!isAhead || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

async function makeOnce(
  services: Services,
  organization: OrganizationId,
): Promise<AuditCheckpointRow> {
  const { db } = services;
  const size = await takeIn(services, organization);
  const tree = { tx: reader(db), organization };
  const latest = await latestCheckpoint(tree);
  if (latest?.size === size) return latest;
  const root = await rootAt(tree, size);
  const text = printCheckpoint({ origin: auditOrigin(organization), size: BigInt(size), root });
  const signatures = await gather(services, organization, { text, size });
  const note = printNote({ text, signatures });
  const row = { organization, size, note, createdAt: services.clock.now() };
  await transaction(db, (tx) => keepCheckpoint(tx, row));
  return row;
}

/** All entries, batch after batch. */
async function takeIn({ db }: Services, organization: OrganizationId): Promise<number> {
  for (let size = -1; ;) {
    const grown = await transaction(db, (tx) => growTree({ tx, organization }));
    if (grown === size) return size;
    size = grown;
  }
}

type Asked = { readonly text: string; readonly size: number };

/** The signature lines of a quorum, whoever answers first. */
async function gather(
  services: Services,
  organization: OrganizationId,
  asked: Asked,
): Promise<readonly NoteSignature[]> {
  const { parties, ...shape } = await services.cluster.committee();
  const quorum = quorumOf({ ...shape, members: parties.length });
  const { promise, resolve, reject } = Promise.withResolvers<readonly NoteSignature[]>();
  const lines: NoteSignature[] = [];
  let failure: unknown;
  let open = parties.length;
  const ask = async (party: number) => {
    try {
      lines.push(...(await askNode(services, organization, party, asked)));
      if (lines.length === quorum) resolve([...lines]);
    } catch (error) {
      if (failure === undefined || isPlatformError(error, 'AUDIT_UNAVAILABLE')) failure = error;
    }
    open -= 1;
    if (open > 0 || lines.length >= quorum) return;
    const count = `${lines.length} of ${parties.length} nodes cosigned the audit log, ${quorum} must`;
    reject(tooFew(failure, count));
  };
  for (const party of parties) void ask(party);
  return promise;
}

/** That nodes are missing is told with how many; that one remembers another log stands for itself. */
function tooFew(failure: unknown, count: string): unknown {
  if (!isPlatformError(failure, 'SIGNERS_UNAVAILABLE')) return failure;
  const { reason, ...context } = failure.context;
  const told = typeof reason === 'string' ? `${count}: ${reason}` : count;
  return new PlatformError('SIGNERS_UNAVAILABLE', { ...context, reason: told }, { cause: failure });
}

/** @throws SIGNERS_UNAVAILABLE, AUDIT_UNAVAILABLE */
async function askNode(
  services: Services,
  organization: OrganizationId,
  party: number,
  { text, size }: Asked,
): Promise<readonly NoteSignature[]> {
  const { heads } = cosigningsOf(services);
  const name = `${party}/${organization}`;
  const tree = { tx: reader(services.db), organization };
  let oldSize = Math.min(heads.get(name) ?? 0, size);
  const asked = new Set<number>();
  for (;;) {
    const isOn = oldSize > 0 && oldSize < size;
    const proof = isOn ? (await consistencyProof(tree, oldSize, size)).map(hex) : [];
    const answer = await services.cluster.cosign(party, { checkpoint: text, oldSize, proof });
    if (answer.kind === 'cosigned') {
      heads.set(name, size);
      return parseNote(answer.note).signatures.slice(0, 1);
    }
    if (answer.kind === 'failed') {
      throw new PlatformError('SIGNERS_UNAVAILABLE', { reason: `node ${party}: ${answer.reason}` });
    }
    if (answer.kind === 'refused' || answer.head.size > (await treeSize(tree))) {
      throw remembered(services, party, organization);
    }
    heads.set(name, answer.head.size);
    // Another worker was faster with a larger tree, which covers this one. After a start a node asks for several
    // proofs, each from another place.
    if (asked.has(answer.head.size) || answer.head.size > size) {
      const reason = `node ${party} is ahead`;
      throw new PlatformError('SIGNERS_UNAVAILABLE', { reason, isAhead: true });
    }
    oldSize = answer.head.size;
    asked.add(oldSize);
  }
}

/** The log was cut, set back or written anew. A person must look at it, and nothing is signed before. */
function remembered(
  services: Services,
  party: number,
  organization: OrganizationId,
): PlatformError {
  const reason = `node ${party} remembers another audit log than this one`;
  services.log.error({ organization, party }, reason);
  return new PlatformError('AUDIT_UNAVAILABLE', { reason });
}

/**
 * The proof of entries in one checkpoint, which is made where there is none yet.
 * @throws NOT_FOUND for an entry that does not exist or whose particulars were erased, and what
 *   `takeCheckpoint` throws
 */
export async function proofOf(
  services: Services,
  organization: OrganizationId,
  ids: readonly AuditId[],
): Promise<LogProof> {
  const db = reader(services.db);
  const rows = await db.find(AuditEntry, { organization, id: { $in: [...ids] } });
  if (rows.length !== new Set(ids).size) throw new PlatformError('NOT_FOUND', { field: 'id' });
  return provenIn(services, organization, rows);
}

async function provenIn(
  services: Services,
  organization: OrganizationId,
  rows: readonly AuditEntryRow[],
): Promise<LogProof> {
  const tree = { tx: reader(services.db), organization };
  const last = Math.max(...rows.map(({ sequence }) => sequence));
  const covering = await checkpointOver(tree, last);
  const { size, note } = covering ?? (await takeCheckpoint(services, organization));
  const entries: ProvenEntry[] = [];
  for (const row of rows) {
    const { salt, detail } = row;
    if (!salt || !detail)
      throw new PlatformError('NOT_FOUND', { field: 'id', reason: 'its particulars were erased' });
    const proof = (await inclusionProof(tree, row.sequence, size)).map(hex);
    entries.push({ entry: auditStatement(row), salt: hex(salt), detail, proof });
  }
  return { checkpoint: note, entries };
}

/**
 * The proof that a transfer's request and the votes on it are in the log: nodes sign with it alone.
 * @throws what `takeCheckpoint` throws
 */
export async function proofOfTransfer(
  services: Services,
  organization: OrganizationId,
  transfer: TransferId,
): Promise<LogProof> {
  const db = reader(services.db);
  const approval = await db.findOne(Approval, { transfer });
  const created = { subject: transfer, action: 'transfer.created' };
  const voted = approval === null ? [] : [{ subject: approval.id, action: 'approval.voted' }];
  const where = { organization, $or: [created, ...voted] };
  const rows = await db.find(AuditEntry, where, { orderBy: { sequence: 'asc' } });
  return provenIn(services, organization, rows);
}
