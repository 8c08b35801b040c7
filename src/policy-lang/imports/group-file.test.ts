import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { readGroupFile } from './group-file.ts';
import { Report } from '#policy-lang/checking/report.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';

function read(content: string) {
  const report = new Report();
  const groups = readGroupFile(new SourceText('groups.yaml', content), report);
  const faults = report
    .diagnostics()
    .map(({ code, span, message }) => `${code} ${span.start.line} ${message}`);
  return { groups: Object.fromEntries(groups.map(({ name, emails }) => [name, emails])), faults };
}

test('groups are read in brackets and one a line', () => {
  const content = [
    '# Who may approve',
    'managers: [bob@acme.example, "carol@acme.example"] # two',
    'directors:',
    '  - dave@acme.example',
    '  - erin+1@acme.example',
    '',
    'compliance: []',
  ].join('\r\n');
  expect(read(content)).toEqual({
    groups: {
      managers: ['bob@acme.example', 'carol@acme.example'],
      directors: ['dave@acme.example', 'erin+1@acme.example'],
      compliance: [],
    },
    faults: [],
  });
});

test.each([
  ['an anchor', 'a: &x [b@c.de]', /BAD_IMPORT 1 Anchors and aliases/],
  ['an alias', 'a: *x', /Anchors and aliases/],
  ['a tag', 'a: !!set [b@c.de]', /Tags are not read/],
  ['two documents', '---\na: [b@c.de]', /one document/],
  ['a tab', 'a:\n\t- b@c.de', /tabs/],
  ['a nested map', 'a:\n  b: [c@d.ef]', /neither a group nor a member/],
  ['a scalar', 'a: b@c.de', /neither a group/],
  ['an element before a group', '- b@c.de', /neither a group/],
  ['lines after brackets', 'a: [b@c.de]\n- d@e.fg', /neither a group/],
  [
    'a deeper line, which YAML joins to the one above',
    'a:\n- b@c.de\n  - d@e.fg',
    /neither a group/,
  ],
  ['a member that is no address', 'a: [bob]', /"bob" is not an e-mail address/],
  ['a comma at the end', 'a: [b@c.de,]', /"" is not an e-mail address/],
  ['a member twice', 'a: [b@c.de, b@c.de]', /DUPLICATE 1 b@c.de stands in a twice/],
  ['a member in two spellings', 'a: [b@c.de, B@c.DE]', /DUPLICATE 1 b@c.de stands in a twice/],
  ['a group twice', 'a: [b@c.de]\na: [d@e.fg]', /DUPLICATE 2 The group a stands above/],
  ['a name that is no text', 'yes: [b@c.de]', /disagree whether "yes" is a text/],
  ['a capital in a name', 'Managers: [b@c.de]', /neither a group/],
  ['a hidden character', 'a: [b@c\u200b.de]', /BIDI_CONTROL/],
])('%s is refused by name', (_, content, fault) => {
  expect(read(content).faults[0]).toMatch(fault);
});

test('what is accepted means the same to a full YAML reader', () => {
  const line = fc.constantFrom(
    'a: [b@c.de]',
    'b:',
    'c: []',
    'd: [m@n.oo, "p@q.rr"] # two',
    'e: [1@2.33]',
    '- x@y.zz',
    '  - u@v.ww',
    '  - "q@r.ss"',
    '   - i@j.kk',
    '# note',
    '',
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 7 }), (lines) => {
      const content = lines.join('\n');
      const { groups, faults } = read(content);
      if (faults.length > 0) return;
      const whole = (parseYaml(content) ?? {}) as Record<string, string[] | null>;
      const oracle = Object.fromEntries(
        Object.entries(whole).map(([name, list]) => [name, list ?? []]),
      );
      expect(groups).toEqual(oracle);
    }),
    { numRuns: 2_000 },
  );
});
