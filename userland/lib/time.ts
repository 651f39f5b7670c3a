// Calendar dates from seconds since 1970, in UTC: the machine has no time zone.

@unmanaged
export class Date {
  year: u32;
  month: u32; // 1..12
  day: u32; // 1..31
  hour: u32;
  minute: u32;
  second: u32;
}

const SECONDS_PER_DAY: u32 = 86400;
const DAYS_PER_ERA: u32 = 146097; // 400 years

/**
 * Counts years from March, so that the leap day is the last of its year and month lengths follow one pattern
 * (153 days in every five months).
 */
export function gmtime(seconds: u32, into: Date): void {
  const rest = seconds % SECONDS_PER_DAY;
  into.hour = rest / 3600;
  into.minute = (rest / 60) % 60;
  into.second = rest % 60;
  const days = seconds / SECONDS_PER_DAY + 719468; // since 0000-03-01
  const era = days / DAYS_PER_ERA;
  const day_of_era = days % DAYS_PER_ERA;
  const year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const month = (5 * day_of_year + 2) / 153; // 0 is March
  into.day = day_of_year - (153 * month + 2) / 5 + 1;
  into.month = month < 10 ? month + 3 : month - 9;
  into.year = era * 400 + year_of_era + (month < 10 ? 0 : 1);
}
