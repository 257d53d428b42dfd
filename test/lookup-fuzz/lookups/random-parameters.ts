/** Random values of single parameters: good ones mostly, odd and bad ones sometimes. */
import { DAY_MS } from "../../../lib/model/time.ts";
import type { Random } from "../../simulation/random.ts";
import { DAYS, type LookupData } from "../data.ts";
import type { Parameters } from "../lookup.ts";

const ODD_TIMES = [
  "0",
  "-1",
  "1e9",
  "253402300799",
  "-292273086-05-16T16:47:06Z",
  "292277025-08-18T07:12:54.999999999Z",
  "1970-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999999999Z",
];
const BAD_TIMES = [
  "now",
  "abc",
  "12:00",
  "2026-06-14",
  "2026-13-01T00:00:00Z",
  "2026-06-14T00:00:00",
  "2026-06-14t00:00:00z",
  "2026-06-31T00:00:00Z",
  "2026-06-14T25:00:00Z",
  "2026-06-14T00:00:00+0200",
  "1e400",
  " 1",
  "1,5",
  "--1",
  '"1"',
];

/** A time about the data, as clients write them. */
export function randomTime(random: Random, data: LookupData): string {
  const roll = random.next();
  if (roll < 0.04) return random.pick(BAD_TIMES);
  if (roll < 0.1) return random.pick(ODD_TIMES);
  const ms = random.between(data.startMs - DAY_MS / 2, data.startMs + (DAYS + 0.5) * DAY_MS);
  return printTime(random, random.chance(0.3) ? Math.floor(ms / DAY_MS) * DAY_MS : ms);
}

const ZONES_MINUTES = [60, -90, 345];

export function printTime(random: Random, ms: number): string {
  const seconds = Math.floor(ms / 1000);
  switch (random.between(0, 6)) {
    case 0:
      return String(ms / 1000);
    case 1:
      return (ms / 1000).toExponential();
    case 2:
      return new Date(ms).toISOString();
    case 3: {
      const minutes = random.pick(ZONES_MINUTES);
      const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
      const zone = `${minutes < 0 ? "-" : "+"}${twoDigits(hours)}:${twoDigits(rest)}`;
      return new Date(ms + minutes * 60_000).toISOString().replace("Z", zone);
    }
    case 4:
      return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.123456789Z`;
    default:
      return String(seconds);
  }
}

const twoDigits = (number: number) => String(number).padStart(2, "0");

/** `start` and `end`, both, one or none of them. */
export function randomRange(random: Random, data: LookupData): Parameters {
  const parameters: [string, string][] = [];
  for (const name of ["start", "end"])
    if (random.chance(0.5)) parameters.push([name, randomTime(random, data)]);
  return parameters;
}

const BAD_NUMBERS = [
  "-1",
  "x",
  "1.5",
  "1e3",
  "0x10",
  " 1",
  "99999999999999999999",
  "9223372036854775807",
  "+",
  "",
];

export function randomLimit(random: Random): Parameters {
  const roll = random.next();
  if (roll < 0.6) return [];
  if (roll < 0.68) return [["limit", random.pick(BAD_NUMBERS)]];
  return [["limit", random.pick(["0", "1", "2", "3", "+5", "10", "007", "1000", "40000"])]];
}

const DURATIONS = ["15", "0.5", "15s", "1m30s", "1h", "90", "1e2", "5m", "250ms", "60.0005"];
const BAD_DURATIONS = [
  "0",
  "0s",
  "-5",
  "-5s",
  "",
  "5q",
  "1.5m",
  "1d1d",
  "1m1h",
  "inf",
  "NaN",
  "1e300",
  "300y",
  "9223372037",
  " 5s",
  "m",
];

export function randomDuration(random: Random): string {
  return random.chance(0.15) ? random.pick(BAD_DURATIONS) : random.pick(DURATIONS);
}
