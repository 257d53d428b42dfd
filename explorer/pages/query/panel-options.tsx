/** How a panel is asked and drawn. */
import type { Resolution } from "../../api/prometheus.ts";
import { Check, Field, Select } from "../../design/field.tsx";
import { Popup } from "../../design/menu.tsx";
import { UNITS, type Unit } from "../../number/units.ts";
import { parseDuration } from "../../time/durations.ts";
import type { Panel } from "./panel.ts";
import type { Mode } from "./question.ts";
import { traceLink } from "./trace-link.ts";

const MODES: readonly { readonly value: Mode | "auto"; readonly label: string }[] = [
  { value: "auto", label: "auto" },
  { value: "lines", label: "lines" },
  { value: "stacked", label: "stacked" },
  { value: "points", label: "points" },
  { value: "heatmap", label: "heatmap" },
];

const RESOLUTIONS: readonly { readonly value: Resolution; readonly label: string }[] = [
  { value: "", label: "as configured" },
  { value: "auto", label: "auto" },
  { value: "0s", label: "samples only" },
  { value: "1h", label: "hourly rows" },
];

interface PanelOptionsProps {
  readonly panel: Panel;
  readonly onRun: () => void;
  readonly onNote: () => void;
}

export function PanelOptions({ panel, onRun, onNote }: PanelOptionsProps) {
  const { view, mode, isLog, unit, step, resolution, showsExemplars } = panel.question.value;
  const isGraph = view === "graph";
  const units: readonly { readonly value: Unit | "auto"; readonly label: string }[] = [
    { value: "auto", label: "auto" },
    ...UNITS,
  ];
  return (
    <div class="panel-options">
      {isGraph && (
        <Select
          label="Draw"
          small
          value={mode}
          options={MODES}
          onSelect={(value) => {
            panel.set({ mode: value });
            onNote();
          }}
        />
      )}
      {isGraph && (
        <Check
          label="Log"
          checked={isLog}
          onChange={(value) => {
            panel.set({ isLog: value });
            onNote();
          }}
        />
      )}
      <Select
        label="Unit"
        small
        value={unit}
        options={units}
        onSelect={(value) => {
          panel.set({ unit: value });
          onNote();
        }}
      />
      <Popup label="More options" text="Options" icon="more" small atEnd>
        {() => (
          <div class="options-popup">
            <Field
              label="Step"
              small
              placeholder="auto"
              hint="Such as 15s, 1m, 1h"
              value={step}
              error={
                step !== "" && parseDuration(step) === undefined ? `“${step}” is not a duration` : undefined
              }
              onChange={({ currentTarget }) => {
                panel.set({ step: currentTarget.value.trim() });
                onRun();
              }}
            />
            <Select
              label="Read"
              small
              title="max_source_resolution: whether hourly rows may stand for samples"
              value={resolution}
              options={RESOLUTIONS}
              onSelect={(value) => {
                panel.set({ resolution: value });
                onRun();
              }}
            />
            {isGraph && (
              <Field
                label="Trace link"
                small
                placeholder="https://tempo.example/trace/${trace_id}"
                hint="For exemplars: ${label} is an exemplar's label"
                value={traceLink.value}
                onChange={({ currentTarget }) => {
                  traceLink.value = currentTarget.value.trim();
                }}
              />
            )}
            {isGraph && (
              <Check
                label="Exemplars"
                checked={showsExemplars}
                onChange={(value) => {
                  panel.set({ showsExemplars: value });
                  onRun();
                }}
              />
            )}
          </div>
        )}
      </Popup>
    </div>
  );
}
