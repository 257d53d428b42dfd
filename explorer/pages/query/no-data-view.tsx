/** A query without a result, and why. */
import { Empty } from "../../design/feedback.tsx";
import type { TimeActions } from "../../plot/pointer.ts";
import type { Outcome, Panel } from "./panel.ts";

interface NoDataProps {
  readonly outcome: Outcome;
  readonly panel: Panel;
  readonly actions: TimeActions;
  readonly onRun: () => void;
}

export function NoData(_: NoDataProps) {
  return <Empty title="No series in this range" />;
}
