/** Results of tests as JUnit's XML, as promtool writes it. */

export interface JunitCase {
  readonly name: string;
  readonly failures: readonly string[];
}

export interface JunitSuite {
  readonly name: string;
  /** Without a zone: local time. */
  readonly timestamp: string;
  readonly cases: readonly JunitCase[];
  /** Why the file could not be tested. */
  readonly error: string | undefined;
}

export function printJunit(suites: readonly JunitSuite[]): string {
  return `<testsuites>${suites.map(printSuite).join("")}</testsuites>`;
}

function printSuite({ name, timestamp, cases, error }: JunitSuite): string {
  const failures = cases.reduce((sum, one) => sum + one.failures.length, 0);
  const all = error === undefined ? cases.map(printCase) : [...cases.map(printCase), printError(error)];
  const counts = `tests="${all.length}" failures="${failures}" errors="${error === undefined ? 0 : 1}" skipped="0"`;
  return `<testsuite name="${xmlText(name)}" ${counts} timestamp="${xmlText(timestamp)}">${all.join("")}</testsuite>`;
}

function printCase({ name, failures }: JunitCase): string {
  const lines = failures.map((failure) => `<failure>${xmlText(failure)}</failure>`).join("");
  return `<testcase name="${xmlText(name)}">${lines}</testcase>`;
}

function printError(error: string): string {
  return `<testcase name="unknown"><error>${xmlText(error)}</error></testcase>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
  "\n": "&#xA;",
  "\t": "&#x9;",
  "\r": "&#xD;",
};

/** Characters that XML cannot hold become U+FFFD. */
function xmlText(text: string): string {
  return text
    .replace(/[&<>"'\n\t\r]/g, (char) => ENTITIES[char])
    .replace(/[^\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");
}
