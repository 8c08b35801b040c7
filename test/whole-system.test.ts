/** The platform as people meet it: real processes, a real chain, and what happens to them. */
import { afterAll, beforeAll, describe } from 'vitest';
import { allowances } from './allowances.ts';
import { atOnce } from './at-once.ts';
import { chainLost } from './chain-lost.ts';
import { auditedLog } from './audited-log.ts';
import { type Company, foundCompany } from './company.ts';
import { keyLife } from './key-life.ts';
import { killAtRandom } from './kill-at-random.ts';
import { killMatrix } from './kill-matrix.ts';
import { refusedActions } from './refused-actions.ts';
import { refusedInput } from './refused-input.ts';
import { screened } from './screened.ts';
import { signersAway } from './signers-away.ts';
import { solanaAway } from './solana-away.ts';
import { spedUp } from './sped-up.ts';
import { openSystem, type System } from './system.ts';
import { userStory } from './user-story.ts';

let system: System;
let company: Company;
beforeAll(async () => {
  system = await openSystem();
  company = await foundCompany(system, { name: 'Acme', limit: '1,000,000,000' });
});
afterAll(async () => {
  company?.close();
  await system?.close();
});

const theSystem = (): System => system;
const theCompany = (): Company => company;

describe('the user story', () => userStory(theSystem));
describe('input', () => refusedInput(theCompany));
describe('signatures', () => refusedActions(theSystem, theCompany));
describe('at once', () => atOnce(theSystem));
describe('signer nodes', () => signersAway(theSystem, theCompany));
describe('a screening', () => screened(theSystem));
describe('allowances', () => allowances(theSystem));
describe('a key', () => keyLife(theSystem, theCompany));
describe('the Solana chain', () => solanaAway(theSystem, theCompany));
describe('a stuck payment', () => spedUp(theSystem, theCompany));
describe('kill -9', () => {
  killMatrix(theSystem, theCompany);
  if (process.env['MATRIX'] === 'full') killAtRandom(theSystem, theCompany);
});
describe('the audit log', () => auditedLog(theSystem, theCompany));
// The last: no payment can be made after it.
describe('a lost chain', () => chainLost(theSystem, theCompany));
