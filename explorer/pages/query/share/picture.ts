/** A graph as a PNG: its expression, its canvas, and the series with their colours. */

interface PictureOptions {
  readonly canvas: HTMLCanvasElement;
  readonly title: string;
  readonly subtitle: string;
  readonly legend: readonly { readonly name: string; readonly color: string }[];
}

const LINE = 18;
const MARGIN = 16;
/** More series are counted. */
const MAX_LEGEND = 20;

export function drawPicture({ canvas, title, subtitle, legend }: PictureOptions): Promise<Blob> {
  const scale = canvas.width / canvas.clientWidth || 1;
  const [width, height] = [canvas.width / scale, canvas.height / scale];
  const shown = legend.slice(0, MAX_LEGEND);
  const rows = shown.length + (legend.length > shown.length ? 1 : 0);
  const picture = document.createElement("canvas");
  picture.width = (width + 2 * MARGIN) * scale;
  picture.height = (height + 3 * MARGIN + LINE * (2 + rows)) * scale;
  const context = picture.getContext("2d")!;
  const style = getComputedStyle(document.body);
  context.scale(scale, scale);
  context.fillStyle = style.backgroundColor;
  context.fillRect(0, 0, picture.width, picture.height);
  const write = (text: string, x: number, y: number, font: string) => {
    context.font = `${font} ${style.fontFamily}`;
    context.fillText(text, x, y, width);
  };
  context.fillStyle = style.color;
  write(title.replaceAll(/\s+/g, " "), MARGIN, MARGIN + 12, "600 13px");
  write(subtitle, MARGIN, MARGIN + 12 + LINE, "12px");
  const top = MARGIN + 2 * LINE;
  context.drawImage(canvas, MARGIN, top, width, height);
  for (const [i, { name, color }] of shown.entries()) {
    const y = top + height + MARGIN + i * LINE;
    context.fillStyle = color;
    context.fillRect(MARGIN, y, 10, 10);
    context.fillStyle = style.color;
    write(name, MARGIN + 18, y + 10, "12px");
  }
  if (rows > shown.length)
    write(
      `and ${legend.length - shown.length} more`,
      MARGIN + 18,
      top + height + MARGIN + shown.length * LINE + 10,
      "12px",
    );
  return new Promise((resolve, reject) =>
    picture.toBlob(
      (blob) => (blob === null ? reject(new Error("the browser made no picture")) : resolve(blob)),
      "image/png",
    ),
  );
}

export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
