import { expect, test } from 'vitest';
import { foundEverywhere } from '#testing/policy-everywhere.ts';

const found = (hours: string) =>
  foundEverywhere('BAD_TIME', `rule r { when time within ${hours} then block "x" }`);

test.each([
  'Mon..Fri 08:00..18:00 Europe/Paris',
  'Mon..Sun 00:00..24:00 Europe/Paris',
  'Sat, Sun 22:00..06:00 America/New_York',
  'Sun 02:00..03:00 UTC',
  'Sun 02:00..06:00 Europe/Paris',
  'Mon..Fri 02:30..03:30 Europe/Paris',
  'Sun 02:30..03:30 Asia/Tokyo',
  'Mon 23:30..24:00 Australia/Lord_Howe',
])('%s means the same every week', (hours) => {
  expect(found(hours)).toEqual([]);
});

test.each([
  ['Mon 08:00..08:00 UTC', 'The window begins and ends at the same time.'],
  ['Mon 25:00..26:00 UTC', 'There is no time of day 25:00 here.'],
  ['Mon 24:00..03:00 UTC', 'There is no time of day 24:00 here.'],
  ['Mon 08:00..18:60 UTC', 'There is no time of day 18:60 here.'],
  ['Mon 08:00..18:00 Europe/Atlantis', 'There is no time zone "Europe/Atlantis".'],
  [
    'Sun 02:30..06:00 Europe/Paris',
    'The window begins at a time that is skipped in Europe/Paris when the clocks change, as on 2024-03-31.',
  ],
  [
    'Sat, Sun 22:00..01:30 America/New_York',
    'The window ends at a time that comes twice in America/New_York when the clocks change, as on 2024-11-03.',
  ],
  [
    'Sun 02:00..03:00 Europe/Paris',
    'The window is empty in Europe/Paris when the clocks change, as on 2024-03-31.',
  ],
  [
    'Sun 02:10..02:20 Australia/Lord_Howe',
    'The window is empty in Australia/Lord_Howe when the clocks change, as on 2024-10-06.',
  ],
])('%s does not', (hours, message) => {
  expect(found(hours)).toContain(message);
});
