/** Groups of approvers, which DFNS writes into each policy, under names of their own. */
import type { Note } from './dfns-rule.ts';
import { slug } from './names.ts';
import type { DfnsGroup } from './read-dfns.ts';

const EMAIL = /^[A-Za-z0-9][A-Za-z0-9._+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/;
/** Names that a reader of YAML may take for something other than text. */
const NOT_TEXT = /^(?:true|false|yes|no|on|off|null|y|n)$/;

export class ApprovalGroups {
  readonly #users: ReadonlyMap<string, string>;
  /** People by name, and names by people: the same people are one group. */
  readonly #people = new Map<string, readonly string[]>();
  readonly #names = new Map<string, string>();

  constructor(users: ReadonlyMap<string, string>) {
    this.#users = users;
  }

  get names(): readonly string[] {
    return [...this.#people.keys()];
  }

  /** The group's name; undefined where nobody is known who is in it. */
  nameOf(group: DfnsGroup, fallback: string, notes: Omit<Note, 'policy'>[]): string | undefined {
    if (group.serviceAccountsCanApprove) {
      const message = 'Service accounts could approve; here people do.';
      notes.push({ kind: 'stricter', message });
    }
    const people = this.#peopleOf(group, notes).toSorted();
    if (people.length === 0) return undefined;
    const key = people.join(' ');
    const before = this.#names.get(key);
    if (before !== undefined) return before;
    const name = this.#freeName(slug(group.name ?? fallback) || 'approvers');
    this.#people.set(name, people);
    this.#names.set(key, name);
    return name;
  }

  #peopleOf({ users }: DfnsGroup, notes: Omit<Note, 'policy'>[]): readonly string[] {
    if (users === undefined) {
      const people = [...this.#users.values()].filter((email) => EMAIL.test(email));
      const message = `Everybody could approve; the group holds the ${people.length} known users.`;
      notes.push({ kind: 'stricter', message });
      return people;
    }
    return [...new Set(users)].map((id) => {
      const email = this.#users.get(id);
      if (email !== undefined && EMAIL.test(email)) return email;
      const message = `The e-mail address of user ${id} is not known: groups.yaml has a stand-in.`;
      notes.push({ kind: 'differs', message });
      // RFC 2606: a name that never exists, so that no stranger is asked.
      return `${id.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '')}@dfns.invalid`;
    });
  }

  #freeName(plain: string): string {
    const base = NOT_TEXT.test(plain) ? `${plain}-group` : plain;
    let name = base;
    for (let number = 2; this.#people.has(name); number++) name = `${base}-${number}`;
    return name;
  }

  /** `groups.yaml`. */
  file(): string {
    const lines = [...this.#people].map(([name, people]) => `${name}: [${people.join(', ')}]`);
    return `# Groups of approvers, imported from DFNS.\n${lines.join('\n')}\n`;
  }
}
