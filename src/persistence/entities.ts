/** Every table of the platform. A new entity is added here, and the migration is made again. */
import { Approval, Vote } from './approval.ts';
import { AuditEntry } from './audit.ts';
import { Event } from './event.ts';
import { Reservation } from './ledger.ts';
import { Organization, OrganizationLog } from './organization.ts';
import { ChangeRequest, PolicyBundle } from './policy.ts';
import { ChainAlarm, ChainMark, ChainTransaction, NetworkAccount } from './transaction.ts';
import { Transfer } from './transfer.ts';
import { UserAction } from './user-action.ts';
import { Key, Wallet } from './wallet.ts';

export const ENTITIES = [
  Organization,
  OrganizationLog,
  AuditEntry,
  Event,
  Key,
  Wallet,
  Transfer,
  ChainTransaction,
  NetworkAccount,
  ChainMark,
  ChainAlarm,
  Reservation,
  Approval,
  Vote,
  ChangeRequest,
  PolicyBundle,
  UserAction,
];
