/**
 * `beginUserAction`: writes down exactly what the person is about to sign. The mutation that
 * follows makes the same statement of its own input, and refuses any difference.
 */
import { parseHex } from '#core/bytes.ts';
import type { Statement } from '#core/canonical.ts';
import { invalidInput, PlatformError } from '#core/errors.ts';
import { DAY_MS, instant } from '#core/time.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { parseDeactivation } from '#identity/deactivation.ts';
import { parseInvite } from '#identity/invitation.ts';
import { parseServiceAccount } from '#identity/service-account.ts';
import { freshId } from '#identity/services.ts';
import { beginChallenge, type BegunAction, CHALLENGE_LIFETIME_MS } from '#identity/user-action.ts';
import { requireAuthority } from '#identity/authority.ts';
import { approvalStatement } from '#mandate/approval.ts';
import { type ChangeOperation, KINDS } from '#mandate/authority/kinds.ts';
import { CHANGE_LIFETIME_MS, type ChangeInput, changeStatement } from '#mandate/change.ts';
import {
  exportChange,
  importChange,
  invitationChange,
  keyChange,
  policyChange,
  reshareChange,
  serviceAccountChange,
  walletChange,
} from '#mandate/change-input.ts';
import { transferIntent } from '#mandate/intent.ts';
import { requireText } from '#mandate/statement.ts';
import { findApproval } from '#persistence/approval.ts';
import { reader } from '#persistence/database.ts';
import {
  parseDecisionInput,
  parseKeyChoice,
  parseExportInput,
  parseImportInput,
  parseKeyInput,
  parseReshareInput,
  parseTransferInput,
  parseWalletInput,
  type UserActionRequest,
} from './inputs.ts';
import { requireMayDecide } from './cast-vote.ts';
import { requirePublishable } from './publish-policy.ts';
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
      const transfer = parseTransferInput(request.input);
      await requireUsableWallet(reader(services.db), actor, transfer);
      const created = services.clock.now();
      const expires = instant(created + INTENT_LIFETIME_MS);
      return transferIntent({ ...transfer, ...ownerOf(actor), created, expires });
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

/** The input of a change in its canonical form, as the mutation makes it. @throws INVALID_INPUT */
async function changeInputOf(
  services: Services,
  actor: Actor,
  request: Exclude<UserActionRequest, { operation: 'createTransfer' | 'decideApproval' }>,
): Promise<ChangeInput> {
  switch (request.operation) {
    case 'createWallet':
      return walletChange(parseWalletInput(request.input));
    case 'createKey':
      return keyChange(parseKeyInput(request.input));
    case 'refreshKey':
      return parseKeyChoice(request.input);
    case 'importKey':
      return importChange(parseImportInput(request.input));
    case 'reshareKey':
      return reshareChange(parseReshareInput(request.input));
    case 'exportKey':
      return exportChange(parseExportInput(request.input));
    case 'publishPolicy':
      await requirePublishable(
        reader(services.db),
        actor.organization,
        request.input.files,
        services.clock.now(),
      );
      return policyChange(request.input.files);
    case 'inviteUser':
      return invitationChange(parseInvite(request.input));
    case 'createServiceAccount':
      return serviceAccountChange(parseServiceAccount(request.input));
    case 'deactivateUser':
      return parseDeactivation(request.input);
    default:
      throw invalidInput('operation', 'not an operation', 'Write the name of a signed mutation.');
  }
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
  const subject = subjectOf(services, operation, input);
  return changeStatement({
    ...ownerOf(actor),
    operation,
    subject,
    replaces: KINDS[operation].versionOf(state, subject),
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

function subjectOf(services: Services, operation: ChangeOperation, input: ChangeInput): string {
  if (isNew(operation)) return freshId(services, NEW[operation]);
  return requireText(input['userId'] ?? input['keyId'], 'subject');
}
