/**
 * What an operator asks of this node's authority logs: to show one with the node's word for it, and to put
 * the order that enough other nodes have in place of its own.
 */
import { invalidInput, PlatformError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import type { ChangeSubject, Receipt } from '#mandate/receipt-text.ts';
import { soundReceipts } from '#mandate/receipt.ts';
import type { NodeLog } from './log.ts';
import type { Party } from './party.ts';
import { readReceipt } from './proto/receipt-fields.ts';
import { notariesOf } from './receipts.ts';
import { changeReceipt } from './take-changes.ts';

type Fields = Readonly<Record<string, unknown>>;

const organizationOf = (fields: Fields): string =>
  parseId('organization', fields['organization'], 'organization');

/**
 * The whole log, and a receipt of its head.
 * @throws INVALID_INPUT where there is none; SIGNERS_UNAVAILABLE, KEY_LOCKED while it waits after a start
 */
export function tellLog(party: Party, fields: Fields): object {
  const organization = organizationOf(fields);
  const head = party.authority.find(organization)?.head;
  if (head === undefined) {
    throw invalidInput('organization', 'this node has no log of it', 'Name another one.');
  }
  party.starts.requireStanding();
  const receipt = changeReceipt(party, organization, head);
  const entries = party.authority.texts(organization);
  return { organization, from: 0, entries, head, receipts: [receipt] };
}

/**
 * @throws INVALID_INPUT, EVIDENCE_REJECTED without the receipts of enough nodes, and what `Authority.adopt`
 *   throws
 */
export async function adoptLog(party: Party, fields: Fields, log: NodeLog): Promise<object> {
  const organization = organizationOf(fields);
  const { from, head } = fields;
  const { sequence, hash } = (head ?? {}) as Fields;
  const isPlaced = typeof from === 'number' && Number.isSafeInteger(from);
  const isHead = typeof sequence === 'number' && typeof hash === 'string';
  if (!isPlaced || !isHead) throw invalidInput('head', 'no log of a node', HINT);
  const subject = { kind: 'change', organization, authority: { sequence, hash } } as const;
  const givenUp = textsOf(fields['givenUp'], 'givenUp');
  requireOthers(party, receiptsOf(fields['receipts']), subject, givenUp.length > 0);
  const entries = textsOf(fields['entries'], 'entries');
  const asked = { organization, from, entries, head: { sequence, hash }, givenUp };
  const adopted = await party.authority.adopt(asked);
  log.warn('operator adopted', { reason: `${organization}: ${adopted.hash}` });
  return { organization, head: adopted };
}

/**
 * Together with this node as many must have the log as sign. Where a change is given up, an honest one of
 * the others has it too.
 */
function requireOthers(
  party: Party,
  receipts: readonly Receipt[],
  subject: ChangeSubject,
  isLoss: boolean,
): void {
  const { threshold, members } = party.committee;
  const needed = isLoss ? Math.min(threshold, members.length - 1) : threshold - 1;
  const sound = soundReceipts(receipts, subject, notariesOf(party));
  const others = new Set(sound.map((receipt) => receipt.party).filter((one) => one !== party.me));
  if (others.size >= needed) return;
  const reason = `${others.size} other nodes have this log in writing, and ${needed} must`;
  throw new PlatformError('EVIDENCE_REJECTED', { field: 'receipts', reason });
}

const HINT = 'Send what "countersign signer authority --save" wrote at other nodes.';

function textsOf(value: unknown, field: string): readonly string[] {
  const isList = Array.isArray(value) && value.every((text) => typeof text === 'string');
  if (isList) return value;
  throw invalidInput(field, 'not a list of texts', HINT);
}

function receiptsOf(value: unknown): readonly Receipt[] {
  if (Array.isArray(value)) return value.map((receipt) => readReceipt(receipt));
  throw invalidInput('receipts', 'not a list', HINT);
}
