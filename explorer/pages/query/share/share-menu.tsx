/** What a panel's result can be taken along as: a link, CSV, PNG, a curl command. */
import { useState } from "preact/hooks";
import { zone } from "../../../app/preferences.ts";
import { isDark } from "../../../app/scheme.ts";
import { CodeBlock, copyText } from "../../../design/copy.tsx";
import { Dialog } from "../../../design/dialog.tsx";
import { Menu } from "../../../design/menu.tsx";
import { foldLabels } from "../../../plot/fold-labels.ts";
import { printTime, printZone } from "../../../time/time-text.ts";
import type { Outcome, Panel } from "../panel.ts";
import { printQuestion } from "../question.ts";
import { fileName, toCsv, toCurl } from "./exports.ts";
import { download, drawPicture } from "./picture.ts";

export function ShareMenu({ panel, outcome }: { readonly panel: Panel; readonly outcome: Outcome }) {
  const [said, setSaid] = useState("");
  const [curl, setCurl] = useState<string>();
  const { question, range, answer, frame } = outcome;
  const isGraph = question.view === "graph";
  const copyLink = async () => {
    const link = absoluteLink(outcome);
    setSaid((await copyText(link)) ? "Link copied" : link);
  };
  const savePng = async () => {
    if (panel.canvas === undefined) return;
    const names = foldLabels(frame?.series.map(({ metric }) => metric) ?? []).own;
    const legend = (frame?.series ?? [])
      .map(({ key }, i) => ({ key, name: names[i], color: panel.colors.colorOf(key, isDark.value) }))
      .filter(({ key }) => !panel.hidden.value.has(key));
    const times = `${printTime(range.start, zone.value)} to ${printTime(range.end, zone.value)} ${printZone(range.end, zone.value)}`;
    const blob = await drawPicture({ canvas: panel.canvas, title: question.expr, subtitle: times, legend });
    download(blob, fileName(question.expr, "png"));
    setSaid("PNG saved");
  };
  const items = [
    { label: "Copy a link with these times", icon: "link", onSelect: () => void copyLink() },
    {
      label: "Save as CSV",
      icon: "download",
      onSelect: () => {
        download(new Blob([toCsv(answer.data)], { type: "text/csv" }), fileName(question.expr, "csv"));
        setSaid("CSV saved");
      },
    },
    ...(isGraph && panel.canvas !== undefined
      ? ([{ label: "Save as PNG", icon: "download", onSelect: () => void savePng() }] as const)
      : []),
    {
      label: "Show as a curl command",
      icon: "copy",
      onSelect: () =>
        setCurl(
          toCurl({
            baseUrl: new URL(".", document.baseURI).href,
            expr: question.expr,
            isRange: isGraph,
            range,
            resolution: question.resolution,
          }),
        ),
    },
  ] as const;
  return (
    <>
      <Menu label="Share and export" icon="download" text="Share" small atEnd items={items} />
      <span class="visually-hidden" role="status">
        {said}
      </span>
      {curl !== undefined && (
        <Dialog title="curl" onClose={() => setCurl(undefined)}>
          <CodeBlock label="with the key in $ID and $SECRET" text={curl} />
        </Dialog>
      )}
    </>
  );
}

/** This panel alone, with the times it was asked for. */
export function absoluteLink({ question, range }: Outcome): string {
  const parameters = printQuestion({
    range: { kind: "fixed", from: range.start, to: range.end },
    panels: [question],
  });
  const { origin, pathname, search } = location;
  return `${origin}${pathname}${search}#/query?${parameters}`;
}
