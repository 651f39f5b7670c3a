// The real-time clock (MC146818): the date, read once at boot.
import { inb, outb } from "~lib/cpu";

const INDEX: u32 = 0x70;
const DATA: u32 = 0x71;
const UPDATE_IN_PROGRESS: u32 = 0x80;
const BINARY: u32 = 4;
const HOURS_24: u32 = 2;

function read_register(register: u32): u32 {
  outb(INDEX, register);
  return inb(DATA);
}

function field(register: u32, binary: bool): u32 {
  const value = read_register(register);
  return binary ? value : (value >> 4) * 10 + (value & 15);
}

/** Days from 1970-01-01 to this day of the civil calendar, year 1970 to 2105. */
function days(year: u32, month: u32, day: u32): u32 {
  // years begin in March, so that the leap day is a year's last
  if (month <= 2) year--;
  const era_year = year % 400;
  const month_from_march = (month + 9) % 12;
  const day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  const day_of_era = era_year * 365 + era_year / 4 - era_year / 100 + day_of_year;
  return (year / 400) * 146097 + day_of_era - 719468;
}

/** Seconds since 1970, or 0 when there is no clock. */
export function rtc_read(): u32 {
  for (let i: u32 = 0; read_register(0x0a) & UPDATE_IN_PROGRESS; i++) if (i == 100000) return 0;
  const status = read_register(0x0b);
  if (status == 0xff) return 0;
  const binary = (status & BINARY) != 0;
  const second = field(0, binary);
  const minute = field(2, binary);
  const raw_hour = read_register(4);
  let hour = binary ? raw_hour & 0x7f : ((raw_hour >> 4) & 7) * 10 + (raw_hour & 15);
  if (!(status & HOURS_24)) hour = (hour % 12) + (raw_hour & 0x80 ? 12 : 0);
  else hour = field(4, binary);
  const year = field(9, binary) + 2000;
  return days(year, field(8, binary), field(7, binary)) * 86400 + hour * 3600 + minute * 60 + second;
}
