/** The example rules are rule files without a problem, their templates included. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ALERT_TEMPLATES } from "../../lib/rules/alert-templates.ts";
import { parseRuleFile } from "../../lib/rules/parse-rule-file.ts";

const DIRECTORY = join(import.meta.dirname, "../../examples/rules");

test("the examples check", () => {
  const files = readdirSync(DIRECTORY);
  assert.ok(files.length > 0);
  for (const name of files) {
    const { file, problems } = parseRuleFile(readFileSync(join(DIRECTORY, name), "utf8"), {
      templates: ALERT_TEMPLATES,
    });
    assert.deepEqual(problems, [], name);
    assert.ok(file!.groups.every(({ rules }) => rules.length > 0));
  }
});
