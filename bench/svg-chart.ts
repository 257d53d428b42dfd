/** Small line charts as SVG, side by side over one logarithmic x axis. */

export interface ChartLine {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface ChartPanel {
  readonly title: string;
  readonly lines: readonly ChartLine[];
}

export interface Chart {
  readonly xTitle: string;
  readonly yTitle?: string;
  readonly hasLogarithmicY?: boolean;
  /** Default: the number. */
  readonly labelX?: (x: number) => string;
  readonly panels: readonly ChartPanel[];
}

const PANEL = { width: 440, height: 320 };
const MARGIN = { left: 70, right: 25, top: 45, bottom: 55 };
const TICKS = 5;
const COLORS = ["#1f5fa8", "#8fb4dc", "#b5521b", "#e3a57f"];
const LEGEND_LINE = 15;

export function drawChart(chart: Chart): string {
  const { xTitle, yTitle, panels } = chart;
  const width = PANEL.width * panels.length;
  const body = panels.map(
    (panel, i) => `<g transform="translate(${i * PANEL.width},0)">${drawPanel(panel, chart)}</g>`,
  );
  const what = yTitle === undefined ? "" : `${yTitle} of `;
  const title = `${what}${panels.map((panel) => panel.title).join("; ")}; by ${xTitle}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${PANEL.height}" viewBox="0 0 ${width} ${PANEL.height}" font-family="sans-serif" font-size="12" fill="#222">
<title>${title}</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${body.join("\n")}
</svg>
`;
}

/** Where values of an axis lie between 0 and 1, and its ticks. */
interface Axis {
  readonly ticks: readonly number[];
  shareOf(value: number): number;
}

function linearAxis(values: readonly number[]): Axis {
  const step = niceStep(Math.max(...values) / TICKS);
  const steps = Math.ceil(Math.max(...values) / step);
  return {
    ticks: Array.from({ length: steps + 1 }, (_, i) => i * step),
    shareOf: (value) => value / (steps * step),
  };
}

/** Whole powers of ten. */
function logarithmicAxis(values: readonly number[]): Axis {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    ticks: Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i)),
    shareOf: (value) => (Math.log10(value) - first) / (last - first),
  };
}

function drawPanel(
  { title, lines }: ChartPanel,
  { xTitle, yTitle, hasLogarithmicY = false, labelX = (x) => x.toLocaleString("en-US") }: Chart,
): string {
  const [plotWidth, plotHeight] = [
    PANEL.width - MARGIN.left - MARGIN.right,
    PANEL.height - MARGIN.top - MARGIN.bottom,
  ];
  const all = lines.flatMap(({ points }) => points);
  const xs = all.map(([x]) => Math.log10(x));
  const [minX, maxX] = [Math.min(...xs), Math.max(...xs)];
  const y = (hasLogarithmicY ? logarithmicAxis : linearAxis)(all.map((point) => point[1]));
  const xOf = (x: number) => MARGIN.left + (plotWidth * (Math.log10(x) - minX)) / (maxX - minX || 1);
  const yOf = (value: number) => MARGIN.top + plotHeight * (1 - y.shareOf(value));
  const parts = [text(PANEL.width / 2, 22, title, 'text-anchor="middle" font-weight="bold"')];
  for (const tick of y.ticks) {
    parts.push(line(MARGIN.left, yOf(tick), PANEL.width - MARGIN.right, yOf(tick), "#dddddd"));
    parts.push(text(MARGIN.left - 8, yOf(tick) + 4, label(tick), 'text-anchor="end"'));
  }
  for (const x of new Set(all.map((point) => point[0]))) {
    parts.push(line(xOf(x), MARGIN.top + plotHeight, xOf(x), MARGIN.top + plotHeight + 5, "#222222"));
    parts.push(text(xOf(x), MARGIN.top + plotHeight + 20, labelX(x), 'text-anchor="middle"'));
  }
  lines.forEach((one, i) => {
    parts.push(...drawLine(one, COLORS[i % COLORS.length], xOf, yOf, lines.length === 1));
    const legendY = MARGIN.top + 14 + i * LEGEND_LINE;
    if (lines.length > 1)
      parts.push(text(MARGIN.left + 8, legendY, one.name, `fill="${COLORS[i % COLORS.length]}"`));
  });
  parts.push(text(MARGIN.left + plotWidth / 2, PANEL.height - 12, xTitle, 'text-anchor="middle"'));
  if (yTitle !== undefined) parts.push(text(8, 40, yTitle, 'font-size="11"'));
  return parts.join("\n");
}

function drawLine(
  { points }: ChartLine,
  color: string,
  xOf: (x: number) => number,
  yOf: (y: number) => number,
  isLabelled: boolean,
): string[] {
  const parts: string[] = [];
  for (const [x, y] of points) {
    parts.push(`<circle cx="${round(xOf(x))}" cy="${round(yOf(y))}" r="3.5" fill="${color}"/>`);
    if (isLabelled) parts.push(text(xOf(x), yOf(y) - 9, label(y), `text-anchor="middle" fill="${color}"`));
  }
  const path = points.map(([x, y]) => `${round(xOf(x))},${round(yOf(y))}`).join(" ");
  parts.push(`<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>`);
  return parts;
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}

function label(value: number): string {
  return value >= 10 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)));
}

function line(x1: number, y1: number, x2: number, y2: number, color: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${color}"/>`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${content}</text>`;
}

function round(value: number): string {
  return value.toFixed(1);
}
