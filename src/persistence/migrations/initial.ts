/** Every table as the entities define it. Written by make-migration.ts; not edited by hand. */
import { Migration } from '@mikro-orm/migrations';

export class InitialMigration extends Migration {
  override up(): void {
    this.addSql(`create table "organizations" ("id" text not null,
      "name" text not null,
      "created_at" timestamptz(3) not null,
      primary key ("id"))`);
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
    this.addSql(`create table "audit_entries" ("id" text not null,
      "organization_id" text not null,
      "sequence" bigint not null,
      "at" timestamptz(3) not null,
      "actor" text not null,
      "action" text not null,
      "subject" text not null,
      "detail" jsonb not null,
      "previous" bytea not null,
      "hash" bytea not null,
      primary key ("id"))`);
    this.addSql(`create index "audit_entries_organization_id_subject_sequence_index"
      on "audit_entries" ("organization_id", "subject", "sequence")`);
    this.addSql(`alter table "audit_entries"
      add constraint "audit_entries_organization_id_sequence_unique" unique ("organization_id", "sequence")`);
    this.addSql(`create table "organization_logs" ("organization_id" text not null,
      "audit_sequence" bigint not null,
      "audit_hash" bytea not null,
      "event_cursor" bigint not null,
      primary key ("organization_id"))`);
    this.addSql(`alter table "events"
      add constraint "events_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "audit_entries"
      add constraint "audit_entries_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id")`);
    this.addSql(`alter table "organization_logs"
      add constraint "organization_logs_organization_id_foreign"
      foreign key ("organization_id")
      references "organizations" ("id") on update cascade on delete no action`);
  }
}
