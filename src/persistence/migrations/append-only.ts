/**
 * Nobody changes the audit log or the authority log: the role that the platform connects as has no right to, and triggers
 * refuse it to whoever has. What can be done is to erase the particulars of an entry with their salt,
 * by `erase_audit_detail` alone. A superuser can switch triggers off; what he changes then, the nodes'
 * cosignatures show.
 */
import { Migration } from '@mikro-orm/migrations';

const TABLES = ['audit_entries', 'audit_nodes', 'audit_checkpoints', 'authority_entries'];

export class AppendOnlyMigration extends Migration {
  override up(): void {
    this.addSql(`create function refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception '% only takes new rows', tg_table_name using errcode = '42501';
      end $$`);
    this.addSql(`create function refuse_all_but_erasure() returns trigger language plpgsql as $$
      begin
        if current_setting('countersign.erasing', true) = old.id
          and new.detail is null and new.salt is null
          and to_jsonb(new) - 'detail' - 'salt' = to_jsonb(old) - 'detail' - 'salt'
        then return new; end if;
        raise exception '% only takes new rows', tg_table_name using errcode = '42501';
      end $$`);
    this.addSql(`create function erase_audit_detail(entry text) returns void language plpgsql as $$
      begin
        perform set_config('countersign.erasing', entry, true);
        update audit_entries set detail = null, salt = null where id = entry;
        perform set_config('countersign.erasing', '', true);
      end $$`);
    for (const table of TABLES) {
      const update = table === 'audit_entries' ? 'refuse_all_but_erasure' : 'refuse_change';
      this.addSql(`create trigger ${table}_keep before update on ${table}
        for each row execute function ${update}()`);
      this.addSql(`create trigger ${table}_keep_rows before delete on ${table}
        for each row execute function refuse_change()`);
      this.addSql(`create trigger ${table}_keep_all before truncate on ${table}
        for each statement execute function refuse_change()`);
      this.addSql(`revoke update, delete, truncate, trigger on ${table} from public, current_user`);
    }
    this.addSql('grant update (detail, salt) on audit_entries to current_user');
  }
}
