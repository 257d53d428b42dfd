/**
 * Draws a dashboard with Grafana's own components. The page calls `draw` with the dashboard's panels and, of each of
 * their queries, the series of a range query's answer. Panels are of the types `stat`, `timeseries`, `bargauge` and `row`.
 */
import {
  createTheme,
  dateTime,
  FieldColorModeId,
  FieldType,
  getDisplayProcessor,
  getDisplayValueAlignmentFactors,
  ReducerID,
  reduceField,
  ThemeContext,
  ThresholdsMode,
  toDataFrame,
} from "@grafana/data";
import {
  BarGauge,
  BigValue,
  BigValueGraphMode,
  GlobalStyles,
  PanelChrome,
  PortalContainer,
  TimeSeries,
  VizRepeater,
} from "@grafana/ui";
import { createRoot } from "react-dom/client";
import "uplot/dist/uPlot.min.css";

/** A dashboard has 24 columns; a row of its grid has 30 pixels, and 8 lie between panels. */
const COLUMNS = 24;
const ROW_PIXELS = 30;
const GAP_PIXELS = 8;
/** What panels of time series have where the dashboard does not say otherwise, as Grafana's panel itself. */
const GRAPH_DEFAULTS = {
  drawStyle: "line",
  lineInterpolation: "linear",
  lineWidth: 1,
  fillOpacity: 0,
  gradientMode: "none",
  showPoints: "never",
  spanNulls: false,
  axisPlacement: "auto",
  axisBorderShow: false,
  scaleDistribution: { type: "linear" },
  stacking: { mode: "none", group: "A" },
  thresholdsStyle: { mode: "off" },
  hideFrom: { legend: false, tooltip: false, viz: false },
};

/**
 * @param panels Each as in the dashboard's file, with `answers`: of each series `name`, `times` in ms and `values`.
 * @param range `from` and `to` in ms.
 */
globalThis.draw = ({ panels, range, width, title }) => {
  const theme = createTheme({ colors: { mode: "dark" } });
  const timeRange = {
    from: dateTime(range.from),
    to: dateTime(range.to),
    raw: { from: "now-5m", to: "now" },
  };
  document.body.style.cssText = `margin: 0; background: ${theme.colors.background.canvas}; color: ${theme.colors.text.primary}; font: 14px ${theme.typography.fontFamily}`;
  const cell = (width - GAP_PIXELS) / COLUMNS;
  const bottom = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  const place = ({ x, y, w, h }) => ({
    position: "absolute",
    left: GAP_PIXELS + x * cell,
    top: 48 + y * (ROW_PIXELS + GAP_PIXELS),
    width: w * cell - GAP_PIXELS,
    height: h * (ROW_PIXELS + GAP_PIXELS) - GAP_PIXELS,
  });
  const root = document.createElement("div");
  root.style.cssText = `position: relative; width: ${width}px; height: ${56 + bottom * (ROW_PIXELS + GAP_PIXELS)}px`;
  document.body.append(root);
  createRoot(root).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <PortalContainer />
      <div style={{ padding: "14px 12px", fontSize: 16, fontWeight: 500 }}>{title}</div>
      {panels.map((panel) => {
        const { left, top, width, height, position } = place(panel.gridPos);
        if (panel.type === "row")
          return (
            <div
              key={panel.id}
              style={{ left: left + 4, top: top + 6, width, height, position, fontSize: 16, fontWeight: 500 }}
            >
              {panel.title}
            </div>
          );
        return (
          <div key={panel.id} className="panel" style={{ left, top, width, height, position }}>
            <PanelChrome title={panel.title} description={panel.description} width={width} height={height}>
              {(innerWidth, innerHeight) => (
                <Panel
                  panel={panel}
                  theme={theme}
                  timeRange={timeRange}
                  width={innerWidth}
                  height={innerHeight}
                />
              )}
            </PanelChrome>
          </div>
        );
      })}
    </ThemeContext.Provider>,
  );
};

function Panel({ panel, theme, timeRange, width, height }) {
  const frames = panel.answers.map((series, index) => frameOf(panel, series, index, theme));
  if (frames.length === 0)
    return <div style={{ textAlign: "center", paddingTop: height / 2 - 10 }}>No data</div>;
  if (panel.type === "stat")
    return <Stat panel={panel} frames={frames} theme={theme} width={width} height={height} />;
  if (panel.type === "bargauge")
    return <Bars panel={panel} frames={frames} theme={theme} width={width} height={height} />;
  if (panel.type !== "timeseries")
    throw new Error(`panel ${panel.title}: type ${panel.type}, expected stat, bargauge, timeseries or row`);
  return (
    <TimeSeries
      width={width}
      height={height}
      timeRange={timeRange}
      timeZone="utc"
      frames={frames}
      legend={panel.options.legend}
      options={panel.options}
    />
  );
}

/** Of several series each has a value of its own, side by side. */
function Stat({ panel, frames, theme, width, height }) {
  const [calc] = panel.options.reduceOptions.calcs;
  return (
    <div style={{ display: "flex", position: "relative", height, overflow: "hidden" }}>
      {frames.map(({ fields: [, field] }) => {
        const value = reduceField({ field, reducers: [calc] })[calc];
        const sparkline = { y: field, x: undefined };
        return (
          <BigValue
            key={field.config.displayName}
            width={width / frames.length}
            height={height}
            value={{ ...field.display(value), title: frames.length > 1 ? field.config.displayName : "" }}
            graphMode={panel.options.graphMode}
            colorMode={panel.options.colorMode}
            textMode={panel.options.textMode}
            justifyMode={panel.options.justifyMode}
            sparkline={panel.options.graphMode === BigValueGraphMode.None ? undefined : sparkline}
            theme={theme}
          />
        );
      })}
    </div>
  );
}

/** A bar for each series, as long as its last value. */
function Bars({ panel: { options }, frames, theme, width, height }) {
  const fields = frames.map(({ fields: [, field] }) => field);
  const values = fields.map((field) => {
    const last = field.values[field.values.length - 1];
    return { display: { ...field.display(last), title: field.config.displayName }, field };
  });
  const max = Math.max(...values.map(({ display }) => display.numeric));
  return (
    <VizRepeater
      source={values}
      getValues={() => values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      width={width}
      height={height}
      orientation={options.orientation}
      minVizHeight={options.minVizHeight}
      maxVizHeight={options.maxVizHeight}
      itemSpacing={8}
      renderValue={({ value, width, height, alignmentFactors }) => (
        <BarGauge
          width={width}
          height={height}
          theme={theme}
          orientation={options.orientation}
          displayMode={options.displayMode}
          valueDisplayMode={options.valueMode}
          showUnfilled={options.showUnfilled}
          itemSpacing={8}
          lcdCellWidth={12}
          field={{ ...value.field.config, min: 0, max }}
          display={value.field.display}
          value={value.display}
          alignmentFactors={alignmentFactors}
        />
      )}
    />
  );
}

/** The defaults of a panel with what its overrides say of a series of this name. */
function withOverrides({ defaults, overrides }, name) {
  const config = structuredClone(defaults);
  for (const { matcher, properties } of overrides) {
    if (matcher.id !== "byName") throw new Error(`override by ${matcher.id}, expected byName`);
    if (matcher.options !== name) continue;
    for (const { id, value } of properties) {
      const path = id.split(".");
      const last = path.pop();
      const target = path.reduce((object, key) => {
        object[key] ??= {};
        return object[key];
      }, config);
      target[last] = value;
    }
  }
  return config;
}

function frameOf({ type, fieldConfig }, { name, refId, times, values }, seriesIndex, theme) {
  const defaults = withOverrides(fieldConfig, name);
  const thresholds = defaults.thresholds ?? {
    mode: ThresholdsMode.Absolute,
    steps: [{ value: -Infinity, color: "green" }],
  };
  const color = defaults.color ?? {
    mode: type === "stat" ? FieldColorModeId.Thresholds : FieldColorModeId.PaletteClassic,
  };
  const config = {
    ...defaults,
    color,
    thresholds: {
      ...thresholds,
      steps: thresholds.steps.map((step) => ({ ...step, value: step.value ?? -Infinity })),
    },
    displayName: name,
    custom: { ...GRAPH_DEFAULTS, ...defaults.custom },
  };
  const frame = toDataFrame({
    refId,
    fields: [
      { name: "Time", type: FieldType.time, values: times, config: {} },
      { name: "Value", type: FieldType.number, values, config },
    ],
  });
  const [time, field] = frame.fields;
  time.display = getDisplayProcessor({ field: time, theme, timeZone: "utc" });
  field.state = { seriesIndex, displayName: name };
  const range = reduceField({ field, reducers: [ReducerID.min, ReducerID.max] });
  field.state.range = { min: range.min, max: range.max, delta: range.max - range.min };
  field.display = getDisplayProcessor({ field, theme, timeZone: "utc" });
  return frame;
}
