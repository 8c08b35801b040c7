/**
 * `beginUserAction`: writes down exactly what the person is about to sign. The mutation that
 * follows makes the same statement of its own input, and refuses any difference.
 */
import { parseHex } from '#core/bytes.ts';
import type { Statement } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import { DAY_MS, instant } from '#core/time.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { freshId } from '#identity/services.ts';
import { beginChallenge, type BegunAction, CHALLENGE_LIFETIME_MS } from '#identity/user-action.ts';
import { requireAuthority } from '#identity/authority.ts';
import { approvalStatement } from '#mandate/approval.ts';
import { payableAsset } from '#mandate/authority/assets.ts';
import { type ChangeOperation, KINDS } from '#mandate/authority/kinds.ts';
import { nodeSubject } from '#mandate/authority/nodes.ts';
import { CHANGE_LIFETIME_MS, type ChangeInput, changeStatement } from '#mandate/change.ts';
import { intentOf } from '#mandate/intent.ts';
import { requireText } from '#mandate/statement.ts';
import { findApproval } from '#persistence/approval.ts';
import { reader } from '#persistence/database.ts';
import {
  parseAllowanceInput,
  parseDecisionInput,
  parseTransferInput,
  type TransferRequest,
  type UserActionRequest,
} from './inputs.ts';
import { type OwnAssets, ownAssets } from './assets.ts';
import { requireMayDecide } from './cast-vote.ts';
import { changeInputOf } from './change-inputs.ts';
import { requireUsableWallet } from './wallet.ts';
import type { Services } from './services.ts';

/** An intent outlives its approval and a wait for the signers; afterwards no node signs it. */
export const INTENT_LIFETIME_MS = 7 * DAY_MS;

/**
 * Nothing happens yet. Input that the mutation would refuse is refused here already.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, POLICY_SYNTAX, WEBAUTHN_REFUSED without a passkey
 */
export async function beginUserAction(
  services: Services,
  actor: Actor,
  request: UserActionRequest,
): Promise<BegunAction> {
  if (request.operation === 'decideApproval') {
    await requireMayDecide(services, actor, request.input.approvalId);
  } else await requireAction(services, actor, request.operation);
  const statement = await statementOf(services, actor, request);
  return beginChallenge(services, actor, request.operation, statement);
}

async function statementOf(
  services: Services,
  actor: Actor,
  request: UserActionRequest,
): Promise<Statement> {
  switch (request.operation) {
    case 'createTransfer': {
      const { input } = request;
      return spendingIntent(services, actor, (own) => parseTransferInput(own, input));
    }
    case 'createAllowance': {
      const { input } = request;
      return spendingIntent(services, actor, (own) => parseAllowanceInput(own, input));
    }
    case 'decideApproval':
      return decisionStatement(services, actor, parseDecisionInput(request.input));
    default:
      return change(
        services,
        actor,
        request.operation,
        await changeInputOf(services, actor, request),
      );
  }
}

async function spendingIntent(
  services: Services,
  actor: Actor,
  parse: (own: OwnAssets) => TransferRequest,
): Promise<Statement> {
  const tx = reader(services.db);
  const own = await ownAssets(tx, actor.organization);
  const request = parse(own);
  await requireUsableWallet(tx, actor, request);
  payableAsset(own, request.asset);
  const created = services.clock.now();
  const expires = instant(created + INTENT_LIFETIME_MS);
  return intentOf(request.domain, { ...request, ...ownerOf(actor), created, expires });
}

const ownerOf = (actor: Actor) => ({
  organization: actor.organization,
  initiator: actor.user,
});

async function decisionStatement(
  services: Services,
  actor: Actor,
  request: ReturnType<typeof parseDecisionInput>,
): Promise<Statement> {
  const found = await findApproval(reader(services.db), actor.organization, request.approval);
  if (found === null) throw new PlatformError('NOT_FOUND', { field: 'approvalId' });
  const created = services.clock.now();
  return approvalStatement({
    ...request,
    organization: actor.organization,
    intentHash: parseHex(found.intentHash),
    policyHash: found.policyHash,
    approver: actor.user,
    created,
    expires: instant(created + CHALLENGE_LIFETIME_MS),
  });
}

async function change(
  services: Services,
  actor: Actor,
  operation: ChangeOperation,
  input: ChangeInput,
): Promise<Statement> {
  const created = services.clock.now();
  const state = await requireAuthority(reader(services.db), actor.organization);
  const subject = subjectOf(services, actor, operation, input);
  const replaces = KINDS[operation].versionOf(state, subject);
  if (replaces === 0 && !isNew(operation) && !NAMED.includes(operation)) {
    const [field = 'input'] = Object.keys(input);
    throw new PlatformError('NOT_FOUND', { field });
  }
  return changeStatement({
    ...ownerOf(actor),
    operation,
    subject,
    replaces,
    input,
    nonce: services.random(16),
    created,
    expires: instant(created + CHANGE_LIFETIME_MS),
  });
}

/** What makes an object that did not exist gets its id here, so that what is signed names it. */
const NEW = {
  createWallet: 'wallet',
  createKey: 'key',
  importKey: 'key',
  publishPolicy: 'policy',
  inviteUser: 'user',
  createServiceAccount: 'user',
} as const;

const isNew = (operation: string): operation is keyof typeof NEW => Object.hasOwn(NEW, operation);

/** Whoever names a list, a group or an asset for the first time makes it, and nobody makes a node here. */
const NAMED: readonly ChangeOperation[] = [
  'setAddressList',
  'setGroup',
  'registerAsset',
  'restoreNode',
  'readmitNode',
];

function subjectOf(
  services: Services,
  actor: Actor,
  operation: ChangeOperation,
  input: ChangeInput,
): string {
  if (isNew(operation)) return freshId(services, NEW[operation]);
  if (operation === 'addCredential') return actor.user;
  if (operation === 'registerAsset') return idOfAsset(input);
  const { committee, party } = input;
  if (typeof committee === 'string' && typeof party === 'number') {
    return nodeSubject({ committee, party });
  }
  const { userId, keyId, walletId, credential, asset, name, ...more } = input;
  const choice = userId ?? keyId ?? walletId ?? credential ?? asset ?? name;
  // What names nothing is about the organisation itself.
  const isOwn = choice === undefined && Object.keys(more).length === 0;
  return isOwn ? actor.organization : requireText(choice, 'subject');
}

/** What it is going to be called. */
const idOfAsset = ({ symbol, network }: ChangeInput): string =>
  `${requireText(symbol, 'symbol')}@${requireText(network, 'network')}`;
