/** A table of things with a figure on three days, and a bar for its share of today. */
import type { ComponentChildren } from "preact";
import { Breakable } from "../../design/breakable.tsx";
import { type Column, Table } from "../../design/table.tsx";
import type { Days } from "./day-columns.ts";
import { printChange } from "./money.ts";

interface DaysTableProps {
  readonly label: string;
  readonly nameTitle: string;
  readonly rows: readonly Days[];
  readonly print: (value: number) => string;
  readonly renderName?: (name: string) => ComponentChildren;
  /** Columns between the name and the days. */
  readonly more?: readonly Column<Days>[];
  readonly renderActions?: (row: Days) => ComponentChildren;
  readonly limit?: number;
  /** Other days are not known. */
  readonly onlyToday?: boolean;
}

export function DaysTable({
  label,
  nameTitle,
  rows,
  print,
  renderName = (name) => (
    <span class="mono">
      <Breakable text={name} />
    </span>
  ),
  more = [],
  renderActions,
  limit = 15,
  onlyToday = false,
}: DaysTableProps) {
  const total = rows.reduce((sum, { today }) => sum + today, 0);
  const day = (id: "today" | "yesterday" | "lastWeek", title: string): Column<Days> => ({
    id,
    title,
    align: "right",
    render: (row) => print(row[id]),
    sortBy: (row) => row[id],
  });
  const columns: Column<Days>[] = [
    { id: "name", title: nameTitle, render: ({ name }) => renderName(name), sortBy: ({ name }) => name },
    {
      id: "share",
      title: "Share",
      render: ({ today }) => <Share share={total === 0 ? 0 : today / total} />,
      sortBy: ({ today }) => today,
    },
    ...more,
    day("today", "Today"),
  ];
  if (!onlyToday) columns.push(day("yesterday", "Yesterday"), day("lastWeek", "A week ago"), CHANGE);
  if (renderActions !== undefined)
    columns.push({
      id: "actions",
      title: <span class="visually-hidden">Actions</span>,
      align: "right",
      render: renderActions,
    });
  return (
    <Table
      label={label}
      columns={columns}
      rows={rows}
      keyOf={({ name }) => name}
      initialSort={{ column: "today", descending: true }}
      limit={limit}
    />
  );
}

const CHANGE: Column<Days> = {
  id: "change",
  title: "Change",
  align: "right",
  render: ({ today, yesterday }) => <span class="small">{printChange(today, yesterday)}</span>,
  sortBy: ({ today, yesterday }) => today - yesterday,
};

/** A bar of a part of a whole, with its percentage. */
export function Share({ share }: { readonly share: number }) {
  const percent = share * 100;
  const text = percent > 0 && percent < 1 ? "<1 %" : `${Math.round(percent)} %`;
  return (
    <span class="share">
      <meter class="share-bar" min={0} max={1} value={share} aria-label={text} />
      <span class="small quiet number">{text}</span>
    </span>
  );
}
