import { expect, test } from 'vitest';
import { runTests } from '#policy-lang/run-tests.ts';
import { HEADER, SUPPORT, VENDOR, compile, policyFile } from '#testing/policy-fixtures.ts';
import { escaped, html } from './markup.ts';
import { rulebookHtml } from './rulebook-html.ts';

const TEXT = `${HEADER}
rule vendors "Pay <vendors> & \\"friends\\"" {
  when    recipient in approved-vendors and value <= 1,000 USD
  then    allow
  because "</dd><script>alert(1)</script>"
  control "A.1", "A.2"
}
rule large "Large" { when value > 1,000 USD then require approval by 1 of managers control "A.2" }
test "small" {
  given transfer { asset = USDC@ethereum; amount = 5 USDC; recipient = ${VENDOR}; }
  given price USDC@ethereum = 1.00 USD
  expect allow
}
test "wrong" { given transfer { recipient = ${VENDOR}; } expect allow }
`;

function pageOf(text: string): string {
  const { policy, diagnostics } = compile(text);
  if (policy === undefined) throw new Error(JSON.stringify(diagnostics));
  return rulebookHtml(policy, [policyFile(text), ...SUPPORT], runTests(policy));
}
/** Without the white space between elements. */
const PAGE = pageOf(TEXT).replace(/>\s+</g, '><');

test('every text of the policy is escaped, and nothing on the page runs', () => {
  expect(PAGE).toContain('Pay &lt;vendors&gt; &amp; &quot;friends&quot;');
  expect(PAGE).toContain('&lt;/dd&gt;&lt;script&gt;');
  expect(PAGE).not.toMatch(/<script|\son[a-z]+=|javascript:|https?:/i);
  expect(PAGE).toContain("default-src 'none'");
});

test('each rule says when it applies, what follows and which tests match it', () => {
  const rule = PAGE.slice(PAGE.indexOf('id="rule-vendors"'), PAGE.indexOf('id="rule-large"'));
  expect(rule).toContain('<code>recipient in approved-vendors</code>');
  expect(rule).toContain('<code>value &lt;= 1,000 USD</code>');
  expect(rule).toContain('<strong>allow</strong>');
  expect(rule).toContain('<li>small</li>');
  expect(rule).not.toContain('<li>wrong</li>');
});

test('the control matrix names rules and their evidence', () => {
  const matrix = PAGE.slice(PAGE.indexOf('id="controls"'), PAGE.indexOf('id="lists"'));
  expect(matrix).toMatch(/<th scope="row">A\.1<\/th>.*#rule-vendors/);
  expect(matrix).toMatch(/<th scope="row">A\.2<\/th>[\s\S]*#rule-vendors[\s\S]*#rule-large/);
  expect(matrix).toContain('small: <span class="pass">passed</span>');
});

test('lists, groups, tests and the files are on the page', () => {
  expect(PAGE).toContain(`<td>Vendor XYZ</td><td><code>${VENDOR}</code></td>`);
  expect(PAGE).toContain('bob@acme.example, carol@acme.example');
  expect(PAGE).toContain('1 passed, 1 failed');
  expect(PAGE).toContain('rule large &quot;Large&quot;');
});

test('the elements of the page are closed in order, and what links point at is there', () => {
  const open: string[] = [];
  for (const [, slash, name = ''] of PAGE.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
    if (['meta'].includes(name)) continue;
    if (slash === '/') expect(open.pop()).toBe(name);
    else open.push(name);
  }
  expect(open).toEqual([]);
  const ids = new Set([...PAGE.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));
  for (const [, target] of PAGE.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
});

test('headings, tables and the language are there for screen readers', () => {
  expect(PAGE).toContain('<html lang="en">');
  expect(PAGE.match(/<h1>/g)).toHaveLength(1);
  expect(PAGE.match(/<table>/g)?.length).toBe(PAGE.match(/<caption>/g)?.length);
});

test('text and HTML are told apart', () => {
  expect(html`<b>${'<i>'}</b>${html`<i>x</i>`}${3}`.text).toBe('<b>&lt;i&gt;</b><i>x</i>3');
  expect(escaped('a\u0000\u001b<')).toBe('a  &lt;');
});
