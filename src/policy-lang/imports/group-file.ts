/**
 * `groups.yaml`: the people of each group. Of YAML it reads one shape - a name, then e-mail
 * addresses in brackets or one a line - and refuses the rest by name: anchors, tags, nesting,
 * several documents. What it accepts means the same to every YAML library; `yaml` is its oracle in
 * the tests.
 */
import { hiddenCharacters } from '#policy-lang/syntax/characters.ts';
import type { Span } from '#policy-lang/diagnostics.ts';
import type { Report } from '#policy-lang/checking/report.ts';
import type { SourceText } from '#policy-lang/syntax/source-text.ts';

export type GroupLine = {
  readonly name: string;
  readonly span: Span;
  readonly emails: readonly string[];
};

const SHAPE = 'Write it like "managers: [bob@acme.example, carol@acme.example]".';
const COMMENT = /(?:^|\s)#.*$/;
const KEY = /^([a-z][a-z0-9]*(?:-[a-z0-9]+)*):(?:\s+(\S.*))?$/;
const ELEMENT = /^( *)- +(\S+)$/;
const EMAIL =
  /^[A-Za-z0-9][A-Za-z0-9._+-]*@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+$/;
/** Names that YAML 1.1 or 1.2 readers take for something other than text. */
const NOT_TEXT = /^(?:true|false|yes|no|on|off|null|y|n)$/;

/** `form`: in brackets, or the indentation of its lines. */
type OpenGroup = { name: string; span: Span; emails: string[]; form?: string };

/** The groups in the order of the file, each once. */
export function readGroupFile(source: SourceText, report: Report): GroupLine[] {
  const hidden = hiddenCharacters(source.text);
  for (const { code, offset, length, message, hint } of hidden) {
    report.add(code, source.span(offset, offset + length), message, hint);
  }
  if (hidden.length > 0) return [];
  const groups = new Map<string, OpenGroup>();
  let current: OpenGroup | undefined;
  let offset = 0;
  for (const whole of source.text.split('\n')) {
    const line = whole.replace(/\r$/, '').replace(COMMENT, '').trimEnd();
    const span = source.span(offset, offset + line.length);
    offset += whole.length + 1;
    if (line === '') continue;
    const [, name, rest] = KEY.exec(line) ?? [];
    if (name !== undefined) current = openGroup(groups, name, rest, span, report);
    else addElement(current, line, span, report);
  }
  return [...groups.values()].map(({ name, span, emails }) => ({ name, span, emails }));
}

function openGroup(
  groups: Map<string, OpenGroup>,
  name: string,
  rest: string | undefined,
  span: Span,
  report: Report,
): OpenGroup {
  const group: OpenGroup = { name, span, emails: [] };
  if (NOT_TEXT.test(name)) {
    const message = `Readers of YAML disagree whether "${name}" is a text.`;
    report.add('BAD_IMPORT', span, message, 'Choose another name for the group.');
  } else if (groups.has(name)) {
    report.add('DUPLICATE', span, `The group ${name} stands above already.`, 'Join the two.');
  } else groups.set(name, group);
  if (rest === undefined) return group;
  group.form = 'flow';
  const [, inner] = /^\[(.*)\]$/.exec(rest) ?? [];
  if (inner === undefined) report.add('BAD_IMPORT', span, refusal(rest), SHAPE);
  else if (inner.trim() !== '') {
    for (const part of inner.split(',')) addEmail(group, part.trim(), span, report);
  }
  return group;
}

function addElement(group: OpenGroup | undefined, line: string, span: Span, report: Report): void {
  const [, indent, email] = ELEMENT.exec(line) ?? [];
  const form = group?.form ?? indent;
  if (group === undefined || indent === undefined || email === undefined || form !== indent) {
    report.add('BAD_IMPORT', span, refusal(line), SHAPE);
    return;
  }
  // YAML reads a deeper indented line as a part of the line above, so all must agree.
  group.form = indent;
  addEmail(group, email, span, report);
}

function addEmail(group: OpenGroup, written: string, span: Span, report: Report): void {
  // The platform keeps addresses in lower case: two spellings are one person.
  const email = written.replace(/^"(.*)"$/, '$1').toLowerCase();
  if (!EMAIL.test(email)) {
    report.add('BAD_IMPORT', span, `"${email}" is not an e-mail address.`, SHAPE);
  } else if (group.emails.includes(email)) {
    report.add('DUPLICATE', span, `${email} stands in ${group.name} twice.`, 'Delete one.');
  } else group.emails.push(email);
}

/** Names the part of YAML that is not read, where it is a known one. */
function refusal(text: string): string {
  const trimmed = text.trim();
  if (/^[&*]/.test(trimmed)) return 'Anchors and aliases are not read.';
  if (trimmed.startsWith('!')) return 'Tags are not read.';
  if (/^(?:---|\.\.\.|%)/.test(trimmed)) return 'The file holds one document without markers.';
  if (text.includes('\t')) return 'YAML does not indent with tabs.';
  return 'This line is neither a group nor a member of one.';
}
