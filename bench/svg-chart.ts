/** Small line charts as SVG, side by side over one logarithmic x axis. */

export interface ChartPanel {
  readonly title: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly xTitle: string;
  readonly panels: readonly ChartPanel[];
}

const PANEL = { width: 440, height: 320 };
const MARGIN = { left: 70, right: 25, top: 45, bottom: 55 };
const TICKS = 5;

export function drawChart({ xTitle, panels }: Chart): string {
  const width = PANEL.width * panels.length;
  const body = panels.map(
    (panel, i) => `<g transform="translate(${i * PANEL.width},0)">${drawPanel(panel, xTitle)}</g>`,
  );
  const title = `${panels.map((panel) => panel.title).join("; ")}; by ${xTitle}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${PANEL.height}" viewBox="0 0 ${width} ${PANEL.height}" font-family="sans-serif" font-size="12" fill="#222">
<title>${title}</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${body.join("\n")}
</svg>
`;
}

function drawPanel({ title, points }: ChartPanel, xTitle: string): string {
  const [plotWidth, plotHeight] = [
    PANEL.width - MARGIN.left - MARGIN.right,
    PANEL.height - MARGIN.top - MARGIN.bottom,
  ];
  const xs = points.map(([x]) => Math.log10(x));
  const [minX, maxX] = [Math.min(...xs), Math.max(...xs)];
  const step = niceStep(Math.max(...points.map(([, y]) => y)) / TICKS);
  const maxY = step * Math.ceil(Math.max(...points.map(([, y]) => y)) / step);
  const xOf = (x: number) => MARGIN.left + (plotWidth * (Math.log10(x) - minX)) / (maxX - minX || 1);
  const yOf = (y: number) => MARGIN.top + plotHeight * (1 - y / maxY);
  const parts = [text(PANEL.width / 2, 22, title, 'text-anchor="middle" font-weight="bold"')];
  for (let tick = 0; tick <= Math.round(maxY / step); tick++) {
    const y = yOf(tick * step);
    parts.push(line(MARGIN.left, y, PANEL.width - MARGIN.right, y, "#dddddd"));
    parts.push(text(MARGIN.left - 8, y + 4, label(tick * step), 'text-anchor="end"'));
  }
  for (const [x, y] of points) {
    parts.push(line(xOf(x), MARGIN.top + plotHeight, xOf(x), MARGIN.top + plotHeight + 5, "#222222"));
    parts.push(text(xOf(x), MARGIN.top + plotHeight + 20, x.toLocaleString("en-US"), 'text-anchor="middle"'));
    parts.push(`<circle cx="${round(xOf(x))}" cy="${round(yOf(y))}" r="3.5" fill="#1f5fa8"/>`);
    parts.push(text(xOf(x), yOf(y) - 9, label(y), 'text-anchor="middle" fill="#1f5fa8"'));
  }
  const path = points.map(([x, y]) => `${round(xOf(x))},${round(yOf(y))}`).join(" ");
  parts.push(`<polyline points="${path}" fill="none" stroke="#1f5fa8" stroke-width="2"/>`);
  parts.push(text(MARGIN.left + plotWidth / 2, PANEL.height - 12, xTitle, 'text-anchor="middle"'));
  return parts.join("\n");
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
