/** How the rulebook looks: on screens, in the dark and on paper. */
import { Html } from './markup.ts';

export const RULEBOOK_STYLE = new Html(`
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1, h2, h3 { line-height: 1.2; }
h3 code { font-weight: normal; font-size: 0.9em; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; overflow-wrap: anywhere; }
pre { overflow-x: auto; border: 1px solid; padding: 0.75rem; }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: 0.25rem 1rem; }
dt { font-weight: 600; }
dd { margin: 0; }
dd ul, td ul { margin: 0; padding-left: 1.2rem; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; }
caption { text-align: left; padding: 0.25rem 0; }
th, td { border: 1px solid; padding: 0.3rem 0.5rem; text-align: left; vertical-align: top; }
.rule { border-top: 1px solid; }
.pass::before { content: "\\2713  "; }
.fail { font-weight: 700; }
.fail::before { content: "\\2717  "; }
.skip { position: absolute; left: -100rem; }
.skip:focus { position: static; }
@media print {
  nav, .skip { display: none; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .rule, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  pre { white-space: pre-wrap; }
}
`);
