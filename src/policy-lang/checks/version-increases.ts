import { fixAt } from './fix-at.ts';
import type { Check } from './check.ts';

/** Check 13: a new version is higher than the one in force. */
export const versionIncreases: Check = ({ header, scope, sources }, report) => {
  const before = scope.world.previousVersion;
  if (header === undefined || before === undefined || header.version > before) return;
  const message = `Version ${before} is in force already, so ${header.version} cannot follow it.`;
  const fix = fixAt(sources, header.versionSpan, `${before + 1}`);
  report.add('BAD_VERSION', header.versionSpan, message, `Write version ${before + 1}.`, fix);
};
