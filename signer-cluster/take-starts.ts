/**
 * How the nodes hear of each other's starts (`starts.ts`, docs/adr/0027), by four questions that are asked of
 * each node alone: which starts it has heard of; its own one, signed; to hear of others'; and what these have
 * signed for its own.
 */
import { type PlatformError, isPlatformError } from '#core/errors.ts';
import type { Canonical } from '#core/canonical.ts';
import { type OwnWord, type Receipt, partyOf } from '#mandate/receipt-text.ts';
import { checkReceipt } from '#mandate/receipt.ts';
import { readJson } from '#mandate/statement.ts';
import type { Conversation, Party } from './party.ts';
import type { Result } from './proto/frames.ts';
import type { StandRequest, StartRequest, TakeStartsRequest } from './proto/open-request.ts';
import { everybody, receiptOf } from './receipts.ts';
import { readSetBacks, toldOfSetBacks } from './set-backs.ts';
import { readPosition } from './standing.ts';
import { readTold, toldText } from './told-of-start.ts';

const NOTHING: Result = { publicKey: '', signatures: [], presignatures: [] };

/** It is a hint to whoever asks: what counts is signed. */
export async function serveStarts({ party, stream }: Conversation): Promise<Result> {
  const { starts } = party;
  const { own: start } = starts;
  // Who told of a log that is not here is asked once more: it may have another one by now.
  const isStanding = starts.isStanding && starts.owed.length === 0;
  const text = JSON.stringify({ start, isStanding, heard: starts.heard() });
  stream.send({ type: 'document', content: { text } });
  return NOTHING;
}

/** By what it replaces with each other node, nobody can bring an older start after a newer one. */
export async function serveStart(
  { party, stream }: Conversation,
  { replaces }: StartRequest,
): Promise<Result> {
  const { starts } = party;
  const { own: start } = starts;
  const { journal } = starts.word();
  const own = { journal: journal as Canonical, replaces: replaces.map((one) => ({ ...one })) };
  const receipt = receiptOf(party, { kind: 'start', start }, own);
  stream.send({ type: 'document', content: { text: JSON.stringify(receipt) } });
  return NOTHING;
}

/** One that does not hold takes nothing from the others. @throws AUDIT_UNAVAILABLE */
export async function serveTakeStarts(
  { party, stream }: Conversation,
  { starts }: TakeStartsRequest,
): Promise<Result> {
  const told: Receipt[] = [];
  for (const receipt of starts.slice(0, everybody(party).members)) {
    const word = await takeStart(party, receipt).catch((error: unknown) => {
      if (isPlatformError(error, 'EVIDENCE_REJECTED')) return undefined;
      if (isPlatformError(error, 'SIGNERS_UNAVAILABLE')) return undefined;
      // Two copies of that node: it hears nothing, and this one says why whenever it is asked for something.
      if (isPlatformError(error, 'KEY_LOCKED')) return undefined;
      throw error;
    });
    if (word !== undefined) told.push(word);
  }
  stream.send({ type: 'document', content: { text: JSON.stringify({ told }) } });
  return NOTHING;
}

/** What is taken is written down and told on, so it is a name and nothing else (16 bytes in hex). */
const isStartName = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);

/** Undefined for what is no start of another node. */
async function takeStart(party: Party, receipt: Receipt): Promise<Receipt | undefined> {
  const said = readJson(receipt.statement) as { readonly start?: unknown } | null | undefined;
  const start = said?.start;
  if (!isStartName(start) || partyOf(receipt) === party.me) return undefined;
  const subject = { kind: 'start', start } as const;
  const { party: of, own } = checkReceipt(receipt, subject, everybody(party));
  const journal = readPosition(own['journal']);
  if (journal === undefined) return undefined;
  const told = await party.starts.take({ party: of, start }, replacedAt(party, own), journal);
  const word = { ...toldText(told), ...toldOfSetBacks(party.setBacks.given(), of) };
  return receiptOf(party, { kind: 'heard', of, start }, word);
}

/** The start that it says it replaces with this node. */
function replacedAt({ me }: Party, { replaces }: OwnWord): string {
  const all = Array.isArray(replaces) ? (replaces as readonly unknown[]) : [];
  const here = all.find((one) => (one as { readonly party?: unknown } | null)?.party === me);
  const { start } = (here ?? {}) as { readonly start?: unknown };
  return typeof start === 'string' ? start : 'none';
}

/** @throws KEY_LOCKED when this node's journal is not the one that another has heard of */
export async function serveStand(
  { party, stream }: Conversation,
  { told }: StandRequest,
): Promise<Result> {
  const { starts, me } = party;
  await starts.excuse();
  const subject = { kind: 'heard', of: me, start: starts.own } as const;
  const faults: PlatformError[] = [];
  for (const receipt of told.slice(0, everybody(party).members)) {
    try {
      const { party: from, own } = checkReceipt(receipt, subject, everybody(party));
      const word = readTold(own);
      const given = readSetBacks(me, own['setBacks']);
      if (word === undefined || given === undefined || from === me) continue;
      party.setBacks.hear(from, given);
      await starts.hear(from, word);
    } catch (error) {
      // Who says nonsense has said nothing; who has heard of another journal ends it, after all were heard.
      if (isPlatformError(error, 'KEY_LOCKED')) faults.push(error);
      else if (!isPlatformError(error, 'EVIDENCE_REJECTED')) throw error;
    }
  }
  const [fault] = faults;
  if (fault !== undefined) throw fault;
  stream.send({
    type: 'document',
    content: { text: JSON.stringify({ isStanding: starts.isStanding }) },
  });
  return NOTHING;
}
