/** Icons of 16 by 16, drawn with lines of the text's colour. Decoration: a button or text beside it names it. */

const PATHS = {
  query: "M2 12.5 6 7l3 3 5-6.5M11 3.5h3v3",
  metrics: "M2.5 4h11M2.5 8h11M2.5 12h7",
  cost: "M8 2v12M11 4.6C10.4 3.9 9.4 3.5 8 3.5c-1.8 0-3 .8-3 2.1C5 8.4 11.2 7 11.2 10.2c0 1.5-1.3 2.3-3.2 2.3-1.5 0-2.7-.5-3.4-1.4",
  rules:
    "M8 2.2c-2.3 0-3.8 1.7-3.8 3.9C4.2 9.3 3 10.3 3 11.2h10c0-.9-1.2-1.9-1.2-5.1 0-2.2-1.5-3.9-3.8-3.9ZM6.6 13.3c.3.5.8.7 1.4.7s1.1-.2 1.4-.7",
  status: "M1.8 8h3l2-5 2.7 10 2-5h2.7",
  start: "M5.5 4 2.5 8l3 4M10.5 4l3 4-3 4",
  close: "m4 4 8 8M12 4l-8 8",
  plus: "M8 3v10M3 8h10",
  run: "M5 3.2 12.5 8 5 12.8Z",
  stop: "M4.5 4.5h7v7h-7Z",
  left: "m10 3.5-4.5 4.5 4.5 4.5",
  right: "m6 3.5 4.5 4.5-4.5 4.5",
  down: "m3.5 6 4.5 4.5L12.5 6",
  "zoom-out": "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.7 10.7 14 14M4.8 7h4.4",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.8V8l2.2 1.6",
  refresh: "M13.2 6.5A5.5 5.5 0 1 0 13.5 9M13.5 2.8v3.7H9.8",
  star: "m8 2 1.8 3.8 4.2.6-3 2.9.7 4.1L8 11.5l-3.7 1.9.7-4.1-3-2.9 4.2-.6Z",
  history: "M2.5 8A5.5 5.5 0 1 0 4.2 4M2.5 2.5V5h2.6M8 5v3.2l2 1.4",
  link: "M6.5 9.5 9.5 6.5M7 4.5 8.7 2.8a3.2 3.2 0 0 1 4.5 4.5L11.5 9M9 11.5l-1.7 1.7a3.2 3.2 0 0 1-4.5-4.5L4.5 7",
  download: "M8 2.5v7.5M4.7 7 8 10.3 11.3 7M2.8 13.2h10.4",
  copy: "M6 5.5h7.5V13H6ZM10.5 5.5V3H3v7.5h3",
  check: "m3 8.5 3.3 3.3L13 4.5",
  warning: "M8 2.5 14.2 13H1.8ZM8 6.5v3M8 11.3v.1",
  info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.3V11M8 5v.1",
  more: "M3.5 8h.1M8 8h.1M12.4 8h.1",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.7 10.7 14 14",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M12.6 3.4l-.7.7M4.1 11.9l-.7.7",
  exit: "M6.5 2.5H3v11h3.5M7 8h6.5M10.8 5.2 13.5 8l-2.7 2.8",
  table: "M2.5 3h11v10h-11ZM2.5 6.5h11M6.5 3v10",
  tree: "M3 3.5h4M5 3.5v9h4M5 8h4M11 8h2.5M11 12.5h2.5",
  key: "M10.5 9a3.5 3.5 0 1 0-3.3-2.3L2.5 11.4V13.5H5v-1.7h1.7V10L8.2 8.7c.6.2 1.5.3 2.3.3ZM11 5.5h.1",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, filled = false }: { readonly name: IconName; readonly filled?: boolean }) {
  return (
    <svg class={filled ? "icon icon-filled" : "icon"} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
