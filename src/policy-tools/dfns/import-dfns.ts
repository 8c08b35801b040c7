/**
 * DFNS policies as a bundle of this language that decides the same. Where the two differ, the text
 * says so beside the rule, and so do the notes: nothing is dropped in silence.
 */
import { MINUTE_MS } from '#core/time.ts';
import { addressKey, checksummed } from '#policy-lang/values/address.ts';
import type { BundleFile } from '#policy-lang/bundle-files.ts';
import { formatDuration } from '#policy-lang/values/durations.ts';
import { ApprovalGroups } from './approval-groups.ts';
import { type Draft, type DraftRule, type Note, draftRules } from './dfns-rule.ts';
import { comment, quoted, slug, titleOf } from './names.ts';
import { policyFiles } from './policy-files.ts';
import type { DfnsAction, DfnsPolicy } from './read-dfns.ts';

export type DfnsImport = {
  readonly files: readonly BundleFile[];
  readonly notes: readonly Note[];
  /** Policies that became rules. */
  readonly imported: number;
};

export type ImportOptions = {
  /** E-mail addresses by user id. */
  readonly users: ReadonlyMap<string, string>;
  /** Local time and zone from which the bundle is in force, e.g. `2026-07-01T00:00 UTC`. */
  readonly effective: string;
  /** What happens where no rule allows: DFNS allows. */
  readonly otherwise: 'allow' | 'block';
};

const ALL_ACTIVITIES =
  'transfer, contract-call, sign-message, incoming, permission-change, policy-change';

/** Total for what `readDfnsPolicies` gives. */
export function importDfns(policies: readonly DfnsPolicy[], options: ImportOptions): DfnsImport {
  const bundle = new ImportedBundle(options);
  for (const policy of policies) bundle.add(policy);
  return bundle.finish();
}

class ImportedBundle {
  readonly #options: ImportOptions;
  readonly #groups: ApprovalGroups;
  readonly #notes: Note[] = [];
  readonly #ids = new Set<string>(['otherwise']);
  readonly #rules: string[] = [];
  readonly #imports: string[] = [];
  readonly #lists: BundleFile[] = [];
  #imported = 0;

  constructor(options: ImportOptions) {
    this.#options = options;
    this.#groups = new ApprovalGroups(options.users);
    if (options.otherwise === 'allow') {
      const message =
        'DFNS allows what no policy speaks about, so this policy ends with "otherwise allow". ' +
        'Write rules that allow, then change it to "otherwise block".';
      this.#notes.push({ kind: 'differs', message });
    } else {
      const message = 'DFNS allows what no policy speaks about; "otherwise block" does not.';
      this.#notes.push({ kind: 'stricter', message });
    }
  }

  add(policy: DfnsPolicy): void {
    const id = this.#freeId(policy.name);
    const draft = draftRules(policy, `${id}-list`);
    const notes = [...stateNotes(policy), ...draft.notes];
    const isActive = policy.status === undefined || policy.status === 'Active';
    const rules = isActive ? this.#writeRules(policy, id, draft, notes) : [];
    if (rules.length > 0) this.#imported += 1;
    const told = notes.map(({ kind, message }) => ({ policy: policy.name, kind, message }));
    this.#notes.push(...told);
    const about = `# DFNS policy ${comment(policy.name)}${policy.id === undefined ? '' : ` (${comment(policy.id)})`}`;
    const comments = told.map(({ kind, message }) => `# ${kind}: ${comment(message)}`);
    this.#rules.push([about, ...comments, ...rules].join('\n'));
  }

  #writeRules(
    policy: DfnsPolicy,
    id: string,
    draft: Draft,
    notes: Omit<Note, 'policy'>[],
  ): readonly string[] {
    if (draft.rules.length === 0) return [];
    const effect = this.#effectOf(policy, notes);
    const isListed = draft.list === undefined || this.#addList(id, draft.list, notes);
    return draft.rules.map((rule) => {
      const name = rule.suffix === '' ? id : this.#freeId(`${id}${rule.suffix}`);
      const known = isListed ? rule : { ...rule, when: 'always' };
      return ruleText(name, policy, known, effect);
    });
  }

  #effectOf({ name, action }: DfnsPolicy, notes: Omit<Note, 'policy'>[]): string {
    switch (action.kind) {
      case 'Block':
        return `block ${quoted(titleOf(name) ?? 'Blocked')}`;
      case 'NoAction':
        return `flag ${quoted(titleOf(name) ?? 'Flagged')}`;
      default:
        return this.#approval(name, action, notes);
    }
  }

  #approval(
    name: string,
    action: Extract<DfnsAction, { kind: 'RequestApproval' }>,
    notes: Omit<Note, 'policy'>[],
  ): string {
    const quorums = action.groups.map((group, index) => {
      const known = this.#groups.nameOf(group, `${name} ${index + 1}`, notes);
      return known && `by ${group.quorum} of ${known}`;
    });
    if (quorums.includes(undefined)) {
      const message = 'Nobody is named who could approve, so the rule blocks.';
      notes.push({ kind: 'stricter', message });
      return `block ${quoted(titleOf(name) ?? 'Nobody can approve')}`;
    }
    const mayInitiators = action.groups.map((group) => group.initiatorCanApprove);
    const mayAll = mayInitiators.every(Boolean);
    if (!mayAll && mayInitiators.some(Boolean)) {
      const message = 'The initiator could approve in some of the groups; here in none of them.';
      notes.push({ kind: 'stricter', message });
    }
    const timeout = action.autoRejectTimeout ?? 0;
    return [
      `require approval ${quorums.join(' and ')}`,
      mayAll ? 'also by initiator' : 'not by initiator',
      ...(timeout > 0 ? [`expires after ${formatDuration(timeout * MINUTE_MS)}`] : []),
    ].join(', ');
  }

  /** False where no address of the list could be read. */
  #addList(id: string, addresses: readonly string[], notes: Omit<Note, 'policy'>[]): boolean {
    const rows = addresses.flatMap((address) => {
      const row = rowOf(address);
      if (row !== undefined) return row;
      const message = `${address} is not an address of a network that this platform knows.`;
      notes.push({ kind: 'stricter', message });
      return [];
    });
    if (rows.length === 0) return false;
    const message = 'DFNS compares addresses by their letters; here their bytes count.';
    notes.push({ kind: 'differs', message });
    const name = `${id}-list`;
    const path = `lists/${name}.csv`;
    this.#imports.push(`import list ${name} from "${path}"`);
    this.#lists.push({
      path,
      content: `label,network,address\n${[...new Set(rows)].join('\n')}\n`,
    });
    return true;
  }

  /** The name as an identifier of the language, with a number where it is taken. */
  #freeId(name: string): string {
    const plain = slug(name) || 'policy';
    let id = plain;
    for (let number = 2; this.#ids.has(id); number++) id = `${plain}-${number}`;
    this.#ids.add(id);
    return id;
  }

  finish(): DfnsImport {
    const { otherwise, effective } = this.#options;
    const header = [
      '# Imported from DFNS. Each rule names the policy that it came from.',
      ...this.#notes
        .filter(({ policy }) => policy === undefined)
        .map(({ message }) => `# ${message}`),
      'policy "Imported from DFNS" {',
      'version 1',
      `effective from ${effective}`,
      `governs ${ALL_ACTIVITIES}`,
      `otherwise ${otherwise}`,
      '}',
    ].join('\n');
    const groups = this.#groups.names.map((name) => `import group ${name} from "groups.yaml"`);
    const imports = [...this.#imports, ...groups].join('\n');
    const files = [
      ...policyFiles([header, imports, ...this.#rules].filter((part) => part !== '')),
      ...(groups.length > 0 ? [{ path: 'groups.yaml', content: this.#groups.file() }] : []),
      ...this.#lists,
    ];
    return { files, notes: this.#notes, imported: this.#imported };
  }
}

function stateNotes({ status, hasPendingChange }: DfnsPolicy): readonly Omit<Note, 'policy'>[] {
  const isActive = status === undefined || status === 'Active';
  const archived = { kind: 'left out' as const, message: `Its status is ${status ?? ''}.` };
  const pending = {
    kind: 'left out' as const,
    message: 'A change of it waits for approval; this is the policy without the change.',
  };
  return [...(isActive ? [] : [archived]), ...(hasPendingChange ? [pending] : [])];
}

function ruleText(
  id: string,
  { name, id: dfnsId }: DfnsPolicy,
  { activities, when, unless, isScreening }: DraftRule,
  effect: string,
): string {
  const title = titleOf(name);
  const control = titleOf(dfnsId ?? '');
  return [
    `rule ${id} ${title === undefined ? '' : quoted(title)} {`,
    `applies to ${activities.join(', ')}`,
    `when ${when}`,
    ...(unless === undefined ? [] : [`unless ${unless}`]),
    `then ${effect}`,
    ...(isScreening === true ? [`if missing data then ${effect}`] : []),
    'because "Imported from DFNS"',
    ...(control === undefined ? [] : [`control ${quoted(`DFNS:${control}`)}`]),
    '}',
  ].join('\n');
}

/**
 * A line of a list; the letters of an EVM address become those of its checksum. Undefined for what
 * belongs to no network of this platform.
 */
function rowOf(written: string): string | undefined {
  const address = written.trim();
  const key = addressKey(address);
  if (key?.startsWith('evm:')) return `,ethereum,${checksummed(address)}`;
  return key?.startsWith('solana:') ? `,solana,${address}` : undefined;
}
