/** Every table of the platform. A new entity is added here, and the migration is made again. */
import { Approval, Vote } from './approval.ts';
import { AuditEntry } from './audit.ts';
import { AuditCheckpoint, AuditNode } from './audit-tree.ts';
import { AuthorityRow } from './authority.ts';
import { CeremonyChallenge } from './ceremony.ts';
import { ChangeRequest } from './change.ts';
import { Event } from './event.ts';
import { FeeRaise } from './fee-raise.ts';
import { Credential, Invitation, RoleAssignment, User } from './identity.ts';
import { Key } from './key.ts';
import { Reservation } from './ledger.ts';
import { Organization, OrganizationLog } from './organization.ts';
import { PlatformSecret } from './platform-secret.ts';
import { PolicyBundle } from './policy.ts';
import { PolicyDecision } from './policy-decision.ts';
import { Refusal } from './refusal.ts';
import { Session } from './session.ts';
import { ChainAlarm, ChainMark, ChainTransaction, NetworkAccount } from './transaction.ts';
import { Transfer } from './transfer.ts';
import { UserAction } from './user-action.ts';
import { Wallet } from './wallet.ts';

export const ENTITIES = [
  Organization,
  OrganizationLog,
  User,
  RoleAssignment,
  Invitation,
  Credential,
  Session,
  CeremonyChallenge,
  PlatformSecret,
  AuditEntry,
  AuditNode,
  AuditCheckpoint,
  AuthorityRow,
  Refusal,
  Event,
  Key,
  Wallet,
  Transfer,
  ChainTransaction,
  FeeRaise,
  NetworkAccount,
  ChainMark,
  ChainAlarm,
  Reservation,
  ChangeRequest,
  Approval,
  Vote,
  PolicyBundle,
  PolicyDecision,
  UserAction,
];
