/** All targets. */
import { blockTargets } from "./block-targets.ts";
import { itemTargets } from "./item-targets.ts";
import { routeTargets } from "./route-targets.ts";
import { ruleTargets } from "./rule-targets.ts";
import type { Target } from "./target.ts";
import { textTargets } from "./text-targets.ts";
import { wireTargets } from "./wire-targets.ts";

export async function allTargets(): Promise<Target[]> {
  return [
    ...wireTargets(),
    ...textTargets(),
    ...ruleTargets(),
    ...(await blockTargets()),
    ...(await itemTargets()),
    ...(await routeTargets()),
  ];
}
