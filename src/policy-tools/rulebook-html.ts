/**
 * The rulebook for people who do not read policy files: one HTML page that stands by itself, prints
 * well and runs nothing. The same bundle gives the same bytes.
 */
import { formatInstant } from '#core/time.ts';
import type { BundleFile } from '#policy-lang/bundle-files.ts';
import { isPolicyFile } from '#policy-lang/bundle-files.ts';
import type { CheckedRule } from '#policy-lang/checking/checked-policy.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import type { Condition } from '#policy-lang/checking/condition.ts';
import { addressText, conditionText } from '#policy-lang/checking/condition-text.ts';
import { effectInWords } from '#policy-lang/explaining/effect-words.ts';
import { compareText } from '#policy-lang/checking/report.ts';
import type { TestReport } from '#policy-lang/run-tests.ts';
import { type Html, NOTHING, html } from './markup.ts';
import { RULEBOOK_STYLE } from './rulebook-style.ts';

/** Rows of a list that the page shows; the file has all of them. */
const ADDRESSES_MAX = 500;

export function rulebookHtml(
  policy: CompiledPolicy,
  files: readonly BundleFile[],
  report: TestReport,
): string {
  const { title, version, program } = policy;
  const { rules } = program;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'"
        />
        <title>${title}, version ${version}</title>
        <style>
          ${RULEBOOK_STYLE}
        </style>
      </head>
      <body>
        <a class="skip" href="#rules">To the rules</a>
        <header>
          <h1>${title}</h1>
          ${factsOf(policy)}
        </header>
        <nav aria-label="Contents">
          <h2>Contents</h2>
          <ul>
            <li>
              <a href="#rules">Rules</a>
              <ul>
                ${rules.map(linkTo)}
              </ul>
            </li>
            <li><a href="#controls">Control matrix</a></li>
            <li><a href="#lists">Lists and groups</a></li>
            <li><a href="#tests">Tests</a></li>
            <li><a href="#files">Files</a></li>
          </ul>
        </nav>
        <main>
          <section id="decide" aria-labelledby="decide-title">
            <h2 id="decide-title">How a decision is made</h2>
            <p>
              Every rule is asked; their order does not matter. If any rule blocks, the request is
              blocked. Otherwise, if rules require approvals, all of them are required: of one group
              the highest number, of several groups each. Data that is missing counts against the
              request.
            </p>
          </section>
          <section id="rules" aria-labelledby="rules-title">
            <h2 id="rules-title">Rules</h2>
            ${rules.map((rule) => ruleSection(rule, policy, report))}
          </section>
          ${controlSection(rules, report)} ${listSection(policy)} ${testSection(report)}
          ${fileSection(files)}
        </main>
      </body>
    </html> `;
  return `${page.text.trimEnd()}\n`;
}

const idOf = ({ id }: CheckedRule): string => `rule-${id.replaceAll('/', '-')}`;

const linkTo = (rule: CheckedRule): Html =>
  html`<li><a href="#${idOf(rule)}">${rule.title}</a></li> `;

/** A term with its definition; nothing where there is none. */
const term = (name: string, value: Html | string | undefined): Html =>
  value === undefined
    ? NOTHING
    : html`<dt>${name}</dt>
        <dd>${value}</dd> `;

function factsOf({ version, effective, owner, governs, program, hash }: CompiledPolicy): Html {
  const until = effective.until === undefined ? '' : ` until ${formatInstant(effective.until)}`;
  const { otherwise } = program.header;
  return html`<dl>
    ${term('Version', String(version))}${term('In force', `from ${formatInstant(effective.from)}${until}`)}
    ${term('Owner', owner)}${term('Governs', governs.join(', '))}
    ${term('What no rule allows', otherwise.kind === 'allow' ? 'is allowed' : effectInWords(otherwise))}
    ${term('Hash of the bundle', html`<code>${hash}</code>`)}
  </dl>`;
}

function ruleSection(rule: CheckedRule, { program }: CompiledPolicy, report: TestReport): Html {
  const { id, title, activities, condition, effect, fallback, because, owner, controls } = rule;
  const tests = report.tests.filter(({ decision }) =>
    decision.matched.some((match) => match.rule === id && match.outcome === 'matched'),
  );
  const controlList = controls.map((control) => html`<li>${control}</li>`);
  return html`<section class="rule" id="${idOf(rule)}" aria-labelledby="${idOf(rule)}-title">
    <h3 id="${idOf(rule)}-title">${title} <code>${id}</code></h3>
    <dl>
      ${term('Applies to', activities.join(', '))}${term('When', conditionHtml(condition, program.linked.assets))}
      ${term('Then', html`<strong>${effectInWords(effect)}</strong>`)}
      ${term('If data is missing', fallback && effectInWords(fallback))}
      ${term('Because', because)}${term(
        'Controls',
        controls.length === 0
          ? undefined
          : html`<ul>
              ${controlList}
            </ul>`,
      )}
      ${term('Owner', owner)}
      ${term(
        'Matched by tests',
        tests.length === 0
          ? 'none'
          : html`<ul>
              ${tests.map((test) => html`<li>${test.title}</li>`)}
            </ul>`,
      )}
    </dl>
  </section> `;
}

type Assets = Parameters<typeof conditionText>[1];

/** The parts of an outermost "and" or "or" one below the other. */
function conditionHtml(condition: Condition, assets: Assets): Html {
  if (condition.kind !== 'and' && condition.kind !== 'or') {
    return html`<code>${conditionText(condition, assets)}</code>`;
  }
  const head = condition.kind === 'and' ? 'all of' : 'any of';
  const parts = condition.parts.map((part) => html`<li>${conditionHtml(part, assets)}</li>`);
  return html`${head}
    <ul>
      ${parts}
    </ul>`;
}

const passed = (isPassed: boolean): Html =>
  isPassed ? html`<span class="pass">passed</span>` : html`<span class="fail">failed</span>`;

/** Which rules implement a control, and which tests show it. */
function controlSection(rules: readonly CheckedRule[], { tests }: TestReport): Html {
  const byControl = new Map<string, CheckedRule[]>();
  for (const rule of rules) {
    for (const control of rule.controls) {
      byControl.set(control, [...(byControl.get(control) ?? []), rule]);
    }
  }
  const rows = [...byControl]
    .toSorted(([left], [right]) => compareText(left, right))
    .map(([control, own]) => {
      const ids = new Set(own.map(({ id }) => id));
      const shown = tests.filter(({ decision }) =>
        decision.matched.some(({ rule, outcome }) => outcome === 'matched' && ids.has(rule)),
      );
      const evidence = shown.map((test) => html`<li>${test.title}: ${passed(test.passed)}</li>`);
      return html`<tr>
        <th scope="row">${control}</th>
        <td>
          <ul>
            ${own.map(linkTo)}
          </ul>
        </td>
        <td>
          ${
            evidence.length === 0
              ? 'no test'
              : html`<ul>
                  ${evidence}
                </ul>`
          }
        </td>
      </tr> `;
    });
  const without = rules.filter(({ controls }) => controls.length === 0);
  const rest =
    without.length === 0
      ? NOTHING
      : html`<p>Without a control:</p>
          <ul>
            ${without.map(linkTo)}
          </ul>`;
  return html`<section id="controls" aria-labelledby="controls-title">
    <h2 id="controls-title">Control matrix</h2>
    <table>
      <caption>
        Controls, the rules that implement them, and the tests in which these rules match
      </caption>
      <thead>
        <tr>
          <th scope="col">Control</th>
          <th scope="col">Rules</th>
          <th scope="col">Tests</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
    ${rest}
  </section>`;
}

function listSection({ program, groups }: CompiledPolicy): Html {
  const lists = [...program.linked.lists, ...program.linked.contracts].map(([name, entries]) => {
    const rows = [...entries].slice(0, ADDRESSES_MAX).map(
      ([key, label]) =>
        html`<tr>
          <td>${label}</td>
          <td><code>${addressText(key)}</code></td>
        </tr> `,
    );
    const more = entries.size - rows.length;
    const others = more === 0 ? NOTHING : html`<p>${more} more stand in the file of the list.</p>`;
    return html`<h3>${name}</h3>
      <table>
        <caption>
          ${entries.size} addresses
        </caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Address</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
      ${others}`;
  });
  const people = [...groups].map(
    ([name, members]) =>
      html`<tr>
        <th scope="row">${name}</th>
        <td>${members.map(({ email }) => email).join(', ')}</td>
      </tr> `,
  );
  return html`<section id="lists" aria-labelledby="lists-title">
    <h2 id="lists-title">Lists and groups</h2>
    ${lists}
    <h3>Groups of approvers</h3>
    <table>
      <caption>
        ${people.length} groups
      </caption>
      <thead>
        <tr>
          <th scope="col">Group</th>
          <th scope="col">People</th>
        </tr>
      </thead>
      <tbody>
        ${people}
      </tbody>
    </table>
  </section>`;
}

function testSection({ tests, passed: count, failed }: TestReport): Html {
  const rows = tests.map(
    ({ title, passed: isPassed, decision }) =>
      html`<tr>
        <td>${title}</td>
        <td>${decision.outcome}</td>
        <td>${passed(isPassed)}</td>
      </tr> `,
  );
  return html`<section id="tests" aria-labelledby="tests-title">
    <h2 id="tests-title">Tests</h2>
    <table>
      <caption>
        ${count} passed, ${failed} failed
      </caption>
      <thead>
        <tr>
          <th scope="col">Test</th>
          <th scope="col">Answer</th>
          <th scope="col">Result</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </section>`;
}

function fileSection(files: readonly BundleFile[]): Html {
  const texts = files
    .filter(({ path }) => isPolicyFile(path))
    .map(
      ({ path, content }) =>
        html`<h3>${path}</h3>
          <pre tabindex="0"><code>${content}</code></pre> `,
    );
  return html`<section id="files" aria-labelledby="files-title">
    <h2 id="files-title">Files</h2>
    ${texts}
  </section>`;
}
