/** The expression as a tree of its steps; measured on demand, since each step is a query of its own. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Resolution, StepRange } from "../../../api/prometheus.ts";
import { useClient } from "../../../app/load.ts";
import { Button } from "../../../design/button.tsx";
import { Progress } from "../../../design/feedback.tsx";
import { printNumber } from "../../../number/units.ts";
import { exprTree } from "../expression.ts";
import { measureStep, type StepResult, stepsOf } from "./measure.ts";

interface MeasuredTreeProps {
  readonly expr: string;
  readonly range: StepRange;
  readonly resolution: Resolution;
  readonly estimatedUnits: number | undefined;
}

/** Steps of one tree that are measured. */
const MAX_STEPS = 60;

export function MeasuredTree({ expr, range, resolution, estimatedUnits }: MeasuredTreeProps) {
  const client = useClient();
  const [results, setResults] = useState<readonly StepResult[]>([]);
  const [isRunning, setRunning] = useState(false);
  const running = useRef(new AbortController());
  useEffect(() => {
    setResults([]);
    return () => running.current.abort();
  }, [expr, range]);
  const tree = exprTree(expr);
  if (tree === undefined) return null;
  const steps = stepsOf(tree).slice(0, MAX_STEPS);
  const measure = async () => {
    const controller = new AbortController();
    running.current = controller;
    setRunning(true);
    setResults([]);
    const found: StepResult[] = [];
    try {
      // One after the other: beside each other they would slow each other down.
      for (const { node } of steps) {
        found.push(await measureStep(client, node, range, resolution, controller.signal));
        if (controller.signal.aborted) return;
        setResults([...found]);
      }
    } catch {
      // Cancelled: what was measured stays.
    } finally {
      setRunning(false);
    }
  };
  const about =
    estimatedUnits === undefined ? "" : `, up to ${printNumber(estimatedUnits * steps.length)} read units`;
  return (
    <section>
      <div class="row">
        <h2 class="heading-s">Steps</h2>
        <span class="end" />
        <Button small icon="run" onClick={measure} disabled={isRunning}>
          Run each step
        </Button>
        <span class="quiet small">
          {steps.length} queries{about}
        </span>
      </div>
      {isRunning && (
        <Progress
          label={`Step ${results.length + 1} of ${steps.length}`}
          onCancel={() => running.current.abort()}
        />
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <section class="table-wrap" aria-label="Steps" tabIndex={0}>
        <table class="table steps">
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col" class="right">
                Series
              </th>
              <th scope="col" class="right">
                Samples
              </th>
              <th scope="col" class="right">
                Read units
              </th>
              <th scope="col" class="right">
                Time
              </th>
            </tr>
          </thead>
          <tbody>
            {steps.map(({ node, level }, i) => (
              <tr key={i}>
                <td title={node.text} style={{ paddingLeft: `${0.75 + Math.min(level, 20) * 1.25}rem` }}>
                  <span class="mono">{node.title}</span>
                </td>
                <Figures result={results[i]} />
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function Figures({ result }: { readonly result: StepResult | undefined }) {
  if (result === undefined) return <td class="right quiet" colSpan={4} aria-label="not measured" />;
  if ("error" in result)
    return (
      <td class="quiet" colSpan={4}>
        {result.error}
      </td>
    );
  return (
    <>
      <td class="right">{printNumber(result.series)}</td>
      <td class="right">{printNumber(result.samplesRead)}</td>
      <td class="right">{result.readUnits ?? "–"}</td>
      <td class="right">{Math.round(result.milliseconds)} ms</td>
    </>
  );
}
