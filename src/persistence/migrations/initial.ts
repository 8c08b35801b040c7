/** Every table as the entities define it. Written by make-migration.ts; not edited by hand. */
import { Migration } from '@mikro-orm/migrations';

export class InitialMigration extends Migration {
  override up(): void {
    this.addSql(`create table "chain_alarms" ("network" text not null,
      "message" text not null,
      "raised_at" timestamptz(3) not null,
      primary key ("network"))`);
    this.addSql(`create table "chain_marks" ("network" text not null,
      "height" numeric(78,0) not null,
      "hash" text not null,
      "marked_at" timestamptz(3) not null,
      primary key ("network", "height"))`);
    this.addSql(`create table "network_accounts" ("network" text not null,
      "address" text not null,
      "next_nonce" numeric(78,0) not null,
      "holder" text null,
      "set_up_raw" bytea null,
      "set_up_hash" text null,
      "set_up_at" timestamptz(3) null,
      primary key ("network", "address"))`);
    this.addSql(`create table "organizations" ("id" text not null,
      "name" text not null,
      "created_at" timestamptz(3) not null,
      primary key ("id"))`);
    this.addSql(`create table "keys" ("id" text not null,
      "organization_id" text not null,
      "scheme" text not null,
      "name" text not null,
      "state" text not null,
      "provenance" text not null,
      "public_key" bytea null,
      "chain_code" bytea null,
      "external_id" text null,
      "client_input" text not null,
      "created_by" text not null,
      "created_at" timestamptz(3) not null,
      "holders" jsonb null,
      "refreshed_at" timestamptz(3) null,
      "task" jsonb null,
      "exported" jsonb null,
      "waiting" jsonb null,
      "failure" jsonb null,
      "attempts" int not null,
      "due_at" timestamptz(3) null,
      "version" int not null default 1,
      primary key ("id"))`);
    this.addSql(`create index "keys_due_at_index"
      on "keys" ("due_at")`);
    this.addSql(`alter table "keys"
      add constraint "keys_organization_id_external_id_unique" unique ("organization_id", "external_id")`);
    this.addSql(`create table "events" ("organization_id" text not null,
      "cursor" bigint not null,
      "type" text not null,
      "subject" text not null,
      "wallet" text null,
      "at" timestamptz(3) not null,
      "payload" jsonb not null,
      primary key ("organization_id", "cursor"))`);
    this.addSql(`create index "events_organization_id_subject_cursor_index"
      on "events" ("organization_id", "subject", "cursor")`);
    this.addSql(`create table "change_requests" ("id" text not null,
      "organization_id" text not null,
      "operation" text not null,
      "subject" text not null,
      "state" text not null,
      "requested_by" text not null,
      "statement" jsonb not null,
      "hash" text not null,
      "invitation" text null,
      "sequence" bigint null,
      "reason" jsonb null,
      "receipts" jsonb null,
      "created_at" timestamptz(3) not null,
      "expires_at" timestamptz(3) not null,
      "applied_at" timestamptz(3) null,
      "effective_at" timestamptz(3) null,
      "closed_at" timestamptz(3) null,
      "due_at" timestamptz(3) null,
      "attempts" int not null,
      "version" int not null default 1,
      primary key ("id"))`);
    this.addSql(`create index "change_requests_organization_id_id_index"
      on "change_requests" ("organization_id", "id")`);
    this.addSql(`create index "change_requests_organization_id_state_id_index"
      on "change_requests" ("organization_id", "state", "id")`);
    this.addSql(`create index "change_requests_organization_id_subject_id_index"
      on "change_requests" ("organization_id", "subject", "id")`);
    this.addSql(`create index "change_requests_due_at_index"
      on "change_requests" ("due_at")`);
    this.addSql(`alter table "change_requests"
      add constraint "change_requests_organization_id_hash_unique" unique ("organization_id", "hash")`);
    this.addSql(`create table "authority_entries" ("organization_id" text not null,
      "sequence" bigint not null,
      "hash" text not null,
      "content" text not null,
      "created_at" timestamptz(3) not null,
      primary key ("organization_id", "sequence"))`);
    this.addSql(`create table "audit_nodes" ("organization_id" text not null,
      "level" int not null,
      "index" bigint not null,
      "hash" bytea not null,
      primary key ("organization_id", "level", "index"))`);
    this.addSql(`create table "audit_entries" ("id" text not null,
      "organization_id" text not null,
      "sequence" bigint not null,
      "at" timestamptz(3) not null,
      "actor" text not null,
      "action" text not null,
      "subject" text not null,
      "authority" text not null,
      "detail" jsonb null,
      "salt" bytea null,
      "commitment" bytea not null,
      "previous" bytea not null,
      "hash" bytea not null,
      primary key ("id"))`);
    this.addSql(`create index "audit_entries_organization_id_subject_sequence_index"
      on "audit_entries" ("organization_id", "subject", "sequence")`);
    this.addSql(`alter table "audit_entries"
      add constraint "audit_entries_organization_id_sequence_unique" unique ("organization_id", "sequence")`);
    this.addSql(`create table "audit_checkpoints" ("organization_id" text not null,
      "size" bigint not null,
      "note" text not null,
      "created_at" timestamptz(3) not null,
      primary key ("organization_id", "size"))`);
    this.addSql(`create table "organization_logs" ("organization_id" text not null,
      "audit_sequence" bigint not null,
      "audit_hash" bytea not null,
      "event_cursor" bigint not null,
      primary key ("organization_id"))`);
    this.addSql(`create table "platform_secrets" ("name" text not null,
      "value" bytea not null,
      primary key ("name"))`);
    this.addSql(`create table "policy_bundles" ("id" text not null,
      "organization_id" text not null,
      "change_id" text not null,
      "version" int not null,
      "title" text not null,
      "hash" text not null,
      "files" jsonb not null,
      "members" jsonb not null,
      "effective_from" timestamptz(3) not null,
      "effective_until" timestamptz(3) null,
      "begins" timestamptz(3) not null,
      "published_by" text not null,
      "published_at" timestamptz(3) not null,
      primary key ("id"))`);
    this.addSql(`alter table "policy_bundles"
      add constraint "policy_bundles_change_id_unique" unique ("change_id")`);
    this.addSql(`alter table "policy_bundles"
      add constraint "policy_bundles_organization_id_version_unique" unique ("organization_id", "version")`);
    this.addSql(`create table "policy_decisions" ("id" text not null,
      "organization_id" text not null,
      "subject" text not null,
      "at" timestamptz(3) not null,
      "policy_hash" text not null,
      "policy_version" int not null,
      "outcome" text not null,
      "snapshot" text not null,
      "trace" text not null,
      "digest" text not null,
      primary key ("id"))`);
    this.addSql(`create index "policy_decisions_organization_id_subject_id_index"
      on "policy_decisions" ("organization_id", "subject", "id")`);
    this.addSql(`create table "refusals" ("user" text not null,
      "action" text not null,
      "subject" text not null,
      "operation" text not null,
      "code" text not null,
      "since" timestamptz(3) not null,
      "repeats" bigint not null,
      primary key ("user", "action", "subject", "operation", "code"))`);
    this.addSql(`create index "refusals_since_index"
      on "refusals" ("since")`);
    this.addSql(`create table "users" ("id" text not null,
      "organization_id" text not null,
      "kind" text not null,
      "name" text not null,
      "email" text null,
      "state" text not null,
      "created_at" timestamptz(3) not null,
      primary key ("id"))`);
    this.addSql(`create index "users_email_index"
      on "users" ("email")`);
    this.addSql(`alter table "users"
      add constraint "users_organization_id_email_unique" unique ("organization_id", "email")`);
    this.addSql(`create table "role_assignments" ("user_id" text not null,
      "role" text not null,
      "created_at" timestamptz(3) not null,
      primary key ("user_id", "role"))`);
    this.addSql(`create table "invitations" ("id" text not null,
      "user_id" text not null,
      "token_hash" bytea not null,
      "created_at" timestamptz(3) not null,
      "expires_at" timestamptz(3) not null,
      "used_at" timestamptz(3) null,
      primary key ("id"))`);
    this.addSql(`alter table "invitations"
      add constraint "invitations_token_hash_unique" unique ("token_hash")`);
    this.addSql(`create table "ceremony_challenges" ("id" text not null,
      "domain" text not null,
      "server_nonce" text not null,
      "invitation_id" text null,
      "created_at" timestamptz(3) not null,
      "expires_at" timestamptz(3) not null,
      "used_at" timestamptz(3) null,
      "credential" text null,
      "counter" bigint null,
      primary key ("id"))`);
    this.addSql(`create index "ceremony_challenges_expires_at_index"
      on "ceremony_challenges" ("expires_at")`);
    this.addSql(`create index "ceremony_challenges_credential_counter_index"
      on "ceremony_challenges" ("credential", "counter")`);
    this.addSql(`create table "credentials" ("id" text not null,
      "user_id" text not null,
      "kind" text not null,
      "external_id" text not null,
      "public_key" bytea not null,
      "counter" bigint not null,
      "backup_eligible" boolean null,
      "state" text not null,
      "created_at" timestamptz(3) not null,
      "last_used_at" timestamptz(3) null,
      primary key ("id"))`);
    this.addSql(`alter table "credentials"
      add constraint "credentials_external_id_unique" unique ("external_id")`);
    this.addSql(`create table "sessions" ("id" text not null,
      "organization_id" text not null,
      "user_id" text not null,
      "credential_id" text not null,
      "token_hash" bytea not null,
      "created_at" timestamptz(3) not null,
      "expires_at" timestamptz(3) not null,
      "revoked_at" timestamptz(3) null,
      primary key ("id"))`);
    this.addSql(`create index "sessions_credential_id_index"
      on "sessions" ("credential_id")`);
    this.addSql(`alter table "sessions"
      add constraint "sessions_token_hash_unique" unique ("token_hash")`);
    this.addSql(`create table "user_actions" ("id" text not null,
      "organization_id" text not null,
      "user_id" text not null,
      "session_id" text not null,
      "operation" text not null,
      "statement" text not null,
      "counters" jsonb not null,
      "created_at" timestamptz(3) not null,
      "expires_at" timestamptz(3) not null,
      "used_at" timestamptz(3) null,
      "credential" text null,
      "counter" bigint null,
      primary key ("id"))`);
    this.addSql(`create index "user_actions_expires_at_index"
      on "user_actions" ("expires_at")`);
    this.addSql(`create index "user_actions_credential_counter_index"
      on "user_actions" ("credential", "counter")`);
    this.addSql(`create table "wallets" ("id" text not null,
      "organization_id" text not null,
      "key_id" text not null,
      "path" text not null,
      "network" text not null,
      "name" text not null,
      "tags" jsonb not null,
      "state" text not null,
      "address" text null,
      "attestations" jsonb null,
      "external_id" text null,
      "client_input" text not null,
      "created_by" text not null,
      "created_at" timestamptz(3) not null,
      "waiting" jsonb null,
      "attempts" int not null,
      "due_at" timestamptz(3) null,
      "version" int not null default 1,
      primary key ("id"))`);
    this.addSql(`create index "wallets_due_at_index"
      on "wallets" ("due_at")`);
    this.addSql(`alter table "wallets"
      add constraint "wallets_organization_id_external_id_unique" unique ("organization_id", "external_id")`);
    this.addSql(`alter table "wallets"
      add constraint "wallets_key_id_network_path_unique" unique ("key_id", "network", "path")`);
    this.addSql(`create table "transfers" ("id" text not null,
      "organization_id" text not null,
      "wallet_id" text not null,
      "network" text not null,
      "asset" text not null,
      "units" numeric(78,0) not null,
      "recipient" text not null,
      "memo" text not null,
      "fee_max" numeric(78,0) null,
      "external_id" text not null,
      "client_input" text not null,
      "initiator" text not null,
      "state" text not null,
      "intent" text not null,
      "intent_hash" text not null,
      "statement" jsonb not null,
      "decision" jsonb null,
      "policy_hash" text null,
      "policy_version" int null,
      "reason" jsonb null,
      "waiting" jsonb null,
      "attempts" int not null,
      "due_at" timestamptz(3) null,
      "created_at" timestamptz(3) not null,
      "updated_at" timestamptz(3) not null,
      "expires_at" timestamptz(3) not null,
      "version" int not null default 1,
      primary key ("id"))`);
    this.addSql(`create index "transfers_due_at_index"
      on "transfers" ("due_at")`);
    this.addSql(`create index "transfers_wallet_id_state_id_index"
      on "transfers" ("wallet_id", "state", "id")`);
    this.addSql(`create index "transfers_organization_id_id_index"
      on "transfers" ("organization_id", "id")`);
    this.addSql(`create index "transfers_organization_id_state_index"
      on "transfers" ("organization_id", "state")`);
    this.addSql(`alter table "transfers"
      add constraint "transfers_organization_id_external_id_unique" unique ("organization_id", "external_id")`);
    this.addSql(`create table "fee_raises" ("transfer_id" text not null,
      "ordinal" int not null,
      "organization_id" text not null,
      "requested_by" text not null,
      "external_id" text null,
      "client_input" text null,
      "unsigned" bytea not null,
      "fee_max" numeric(78,0) not null,
      "raw" bytea null,
      "hash" text null,
      "receipts" jsonb null,
      "refusal" jsonb null,
      "created_at" timestamptz(3) not null,
      "signed_at" timestamptz(3) null,
      primary key ("transfer_id", "ordinal"))`);
    this.addSql(`create unique index "fee_raises_one_open"
      on "fee_raises" ("transfer_id") where "raw" is null and "refusal" is null`);
    this.addSql(`alter table "fee_raises"
      add constraint "fee_raises_organization_id_external_id_unique" unique ("organization_id", "external_id")`);
    this.addSql(`create table "chain_transactions" ("transfer_id" text not null,
      "network" text not null,
      "address" text not null,
      "nonce" numeric(78,0) not null,
      "unsigned" bytea not null,
      "fee_max" numeric(78,0) not null,
      "raw" bytea null,
      "hash" text null,
      "mined_hash" text null,
      "block" numeric(78,0) null,
      "block_hash" text null,
      "fee_paid" numeric(78,0) null,
      "created_at" timestamptz(3) not null,
      "signed_at" timestamptz(3) null,
      "receipts" jsonb null,
      "confirmed_at" timestamptz(3) null,
      "replaced_by" text null,
      primary key ("transfer_id"))`);
    this.addSql(`create unique index "chain_transactions_signed_once"
      on "chain_transactions" ("network", "address", "nonce") where "raw" is not null`);
    this.addSql(`create table "approvals" ("id" text not null,
      "organization_id" text not null,
      "transfer_id" text null,
      "change_id" text null,
      "state" text not null,
      "requirement" jsonb not null,
      "intent_hash" text not null,
      "policy_hash" text not null,
      "policy_version" int not null,
      "created_at" timestamptz(3) not null,
      "expires_at" timestamptz(3) not null,
      "closed_at" timestamptz(3) null,
      "version" int not null default 1,
      primary key ("id"))`);
    this.addSql(`alter table "approvals"
      add constraint "approvals_transfer_id_unique" unique ("transfer_id")`);
    this.addSql(`alter table "approvals"
      add constraint "approvals_change_id_unique" unique ("change_id")`);
    this.addSql(`create index "approvals_organization_id_state_id_index"
      on "approvals" ("organization_id", "state", "id")`);
    this.addSql(`create index "approvals_state_expires_at_index"
      on "approvals" ("state", "expires_at")`);
    this.addSql(`alter table "approvals"
      add constraint "approvals_check" check ((transfer_id is null) <> (change_id is null))`);
    this.addSql(`create table "votes" ("id" text not null,
      "organization_id" text not null,
      "approval_id" text not null,
      "user" text not null,
      "decision" text not null,
      "reason" text not null,
      "statement" jsonb not null,
      "created_at" timestamptz(3) not null,
      primary key ("id"))`);
    this.addSql(`alter table "votes"
      add constraint "votes_approval_id_user_unique" unique ("approval_id", "user")`);
    this.addSql(`create table "reservations" ("transfer_id" text not null,
      "organization_id" text not null,
      "wallet_id" text not null,
      "initiator" text not null,
      "at" timestamptz(3) not null,
      "values" jsonb not null,
      "facts" text not null,
      "released_at" timestamptz(3) null,
      primary key ("transfer_id"))`);
    this.addSql(`create index "reservations_wallet_id_at_index"
      on "reservations" ("wallet_id", "at")`);
    this.addSql(`create index "reservations_initiator_at_index"
      on "reservations" ("initiator", "at")`);
    this.addSql(`create index "reservations_organization_id_at_index"
      on "reservations" ("organization_id", "at")`);
    this.addSql(`alter table "keys"
      add constraint "keys_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "events"
      add constraint "events_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "change_requests"
      add constraint "change_requests_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "authority_entries"
      add constraint "authority_entries_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "audit_nodes"
      add constraint "audit_nodes_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "audit_entries"
      add constraint "audit_entries_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "audit_checkpoints"
      add constraint "audit_checkpoints_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "organization_logs"
      add constraint "organization_logs_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id") on update cascade on delete no action`);
    this.addSql(`alter table "policy_bundles"
      add constraint "policy_bundles_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "policy_bundles"
      add constraint "policy_bundles_change_id_foreign"
      foreign key ("change_id")
      references "change_requests" ("id")`);
    this.addSql(`alter table "policy_decisions"
      add constraint "policy_decisions_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "users"
      add constraint "users_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "role_assignments"
      add constraint "role_assignments_user_id_foreign"
      foreign key ("user_id")
      references "users" ("id")`);
    this.addSql(`alter table "invitations"
      add constraint "invitations_user_id_foreign"
      foreign key ("user_id")
      references "users" ("id")`);
    this.addSql(`alter table "ceremony_challenges"
      add constraint "ceremony_challenges_invitation_id_foreign"
      foreign key ("invitation_id")
      references "invitations" ("id") on delete no action`);
    this.addSql(`alter table "credentials"
      add constraint "credentials_user_id_foreign"
      foreign key ("user_id")
      references "users" ("id")`);
    this.addSql(`alter table "sessions"
      add constraint "sessions_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "sessions"
      add constraint "sessions_user_id_foreign"
      foreign key ("user_id")
      references "users" ("id")`);
    this.addSql(`alter table "sessions"
      add constraint "sessions_credential_id_foreign"
      foreign key ("credential_id")
      references "credentials" ("id")`);
    this.addSql(`alter table "user_actions"
      add constraint "user_actions_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "user_actions"
      add constraint "user_actions_user_id_foreign"
      foreign key ("user_id")
      references "users" ("id")`);
    this.addSql(`alter table "user_actions"
      add constraint "user_actions_session_id_foreign"
      foreign key ("session_id")
      references "sessions" ("id")`);
    this.addSql(`alter table "wallets"
      add constraint "wallets_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "wallets"
      add constraint "wallets_key_id_foreign"
      foreign key ("key_id")
      references "keys" ("id")`);
    this.addSql(`alter table "transfers"
      add constraint "transfers_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "transfers"
      add constraint "transfers_wallet_id_foreign"
      foreign key ("wallet_id")
      references "wallets" ("id")`);
    this.addSql(`alter table "fee_raises"
      add constraint "fee_raises_transfer_id_foreign"
      foreign key ("transfer_id")
      references "transfers" ("id") on delete no action`);
    this.addSql(`alter table "fee_raises"
      add constraint "fee_raises_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "chain_transactions"
      add constraint "chain_transactions_transfer_id_foreign"
      foreign key ("transfer_id")
      references "transfers" ("id") on update cascade on delete no action`);
    this.addSql(`alter table "approvals"
      add constraint "approvals_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "approvals"
      add constraint "approvals_transfer_id_foreign"
      foreign key ("transfer_id")
      references "transfers" ("id") on delete set null`);
    this.addSql(`alter table "approvals"
      add constraint "approvals_change_id_foreign"
      foreign key ("change_id")
      references "change_requests" ("id") on delete set null`);
    this.addSql(`alter table "votes"
      add constraint "votes_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "votes"
      add constraint "votes_approval_id_foreign"
      foreign key ("approval_id")
      references "approvals" ("id")`);
    this.addSql(`alter table "reservations"
      add constraint "reservations_transfer_id_foreign"
      foreign key ("transfer_id")
      references "transfers" ("id") on update cascade on delete no action`);
    this.addSql(`alter table "reservations"
      add constraint "reservations_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "reservations"
      add constraint "reservations_wallet_id_foreign"
      foreign key ("wallet_id")
      references "wallets" ("id")`);
  }
}
