/** One session from its opening frame to its result: each purpose has a file of its own. */
import { parseId } from '#core/ids.ts';
import { serveCreateKey } from './create-key.ts';
import type { Conversation } from './party.ts';
import { FrameRefused } from './proto/fields.ts';
import { requireMember } from './pinned-record.ts';
import { servePresign } from './presign.ts';
import type { Result } from './proto/frames.ts';
import type { OpenRequest, Purpose, RequestOf } from './proto/open-request.ts';
import { serveDescribeKey } from './describe-key.ts';
import { serveExportKey } from './export-key.ts';
import { serveImportKey } from './import-key.ts';
import { serveRefreshKey } from './refresh-key.ts';
import { serveRegisterWallet } from './register-wallet.ts';
import { serveReshareKey } from './reshare-key.ts';
import { serveReserve } from './reserve-spend.ts';
import { serveConfirm } from './confirm-spends.ts';
import { serveLearn } from './learn-spends.ts';
import { serveAuthority } from './take-changes.ts';
import { serveStand, serveStart, serveStarts, serveTakeStarts } from './take-starts.ts';
import { serveHandover, serveTakeHandover } from './tell-spends.ts';
import { serveSign } from './sign-transfer.ts';
import { serveBury, serveWithdraw } from './withdraw-spend.ts';

type Server<R> = (conversation: Conversation, open: R) => Promise<Result>;

const SERVERS: { readonly [P in Purpose]: Server<RequestOf<P>> } = {
  createKey: serveCreateKey,
  refreshKey: serveRefreshKey,
  reshareKey: serveReshareKey,
  importKey: serveImportKey,
  exportKey: serveExportKey,
  describeKey: serveDescribeKey,
  registerWallet: serveRegisterWallet,
  authority: serveAuthority,
  reserve: serveReserve,
  confirm: serveConfirm,
  learn: serveLearn,
  withdraw: serveWithdraw,
  bury: serveBury,
  handover: serveHandover,
  takeHandover: serveTakeHandover,
  starts: serveStarts,
  start: serveStart,
  takeStarts: serveTakeStarts,
  stand: serveStand,
  sign: serveSign,
  presign: servePresign,
};

/** What a node that has left the committee still does: it gives its shares away, and says what it knows. */
const OF_RETIRED: readonly Purpose[] = [
  'reshareKey',
  'describeKey',
  'authority',
  'handover',
  'starts',
  'start',
  'takeStarts',
  'stand',
];

/**
 * In which a node gives its word about payments or addresses, or makes use of a share, so that it must have
 * forgotten nothing. A new key has no share yet, and is made by all nodes, each of which compares journals with it.
 * Changes of authority are taken in any state (`take-changes.ts`), and audit logs have a method of their own
 * (`cosigning.ts`).
 */
const OF_STANDING: readonly Purpose[] = [
  'registerWallet',
  'reserve',
  'confirm',
  'withdraw',
  'bury',
  'handover',
  'sign',
  'presign',
  'refreshKey',
  'reshareKey',
  'exportKey',
];

/** @throws PlatformError, ProtocolAbort, EnvelopeRefused, FrameRefused, SessionGone */
export async function serve(conversation: Conversation): Promise<Result> {
  const { party, stream, about } = conversation;
  const frame = await stream.inbox.next();
  if (frame.type !== 'open') throw new FrameRefused('a session begins with its opening');
  const request = frame.content;
  about.purpose = request.purpose;
  if ('keyId' in request) about.keyId = parseId('key', request.keyId, 'keyId');
  if (!OF_RETIRED.includes(request.purpose)) requireMember(party);
  if (OF_STANDING.includes(request.purpose)) party.starts.requireStanding();
  const server = SERVERS[request.purpose] as Server<OpenRequest>;
  return server(conversation, request);
}
