import { expect, test } from 'vitest';
import { errorsEverywhere, foundEverywhere } from '#testing/policy-everywhere.ts';

const when = (condition: string) => `rule r { when ${condition} then block "x" }`;

test.each([
  when('recipient in approved-vendors and initiator in managers'),
  when('call.contract in lending and network is "ethereum"'),
  `let mine = recipient in approved-vendors ${when('mine')}`,
  `${when('sum(value) over last 1h by wallet, asset > 1 USD')} test "t" { given transfer { }
    given history sum(value) over last 1h by wallet, asset = 0 USD expect not matched r }`,
])('%s names what there is', (text) => {
  expect(errorsEverywhere(text)).toEqual([]);
});

test.each([
  [when('recipient in aproved-vendors'), 'There is no list "aproved-vendors". => approved-vendors'],
  [when('call.contract in lendin'), 'There is no list "lendin". => lending'],
  [when('initiator in mangers'), 'There is no group "mangers". => managers'],
  [when('mne'), 'There is no field "mne", and no definition of that name.'],
  [when('valu > 1 USD'), 'There is no field "valu", and no definition of that name. => value'],
  [when('asset is USCD@ethereum'), 'There is no asset "USCD@ethereum". => USDC@ethereum'],
  [when('network is "etherum"'), 'The field "network" is never "etherum". => "ethereum"'],
  [when('change.kind is "asign"'), 'The field "change.kind" is never "asign". => "assign"'],
  [when('message.kind is "person"'), 'The field "message.kind" is never "person". => "personal"'],
  [when('screening.failure is "none"'), 'The field "screening.failure" is never "none".'],
  [when('sum(value) over last 1h by walet > 1 USD'), 'A total is not kept by "walet". => wallet'],
  [when('time within Mun..Fri 08:00..18:00 UTC'), 'There is no day "Mun". => Mon'],
  [
    'rule r { applies to transfr when always then block "x" }',
    'There is no activity "transfr". => transfer',
  ],
  [
    `${when('always')} test "t" { given transfer { } expect matched s }`,
    'There is no rule "s". => r',
  ],
])('%s does not', (text, message) => {
  expect(foundEverywhere('UNKNOWN_NAME', text)).toEqual([message]);
});
