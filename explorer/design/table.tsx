/** A table whose columns sort. Rows are shown up to a limit; the rest is counted, with a button to show it. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Button } from "./button.tsx";
import { compareCells, type SortValue } from "./compare-cells.ts";

export interface Column<Row> {
  readonly id: string;
  readonly title: ComponentChildren;
  readonly align?: "right";
  readonly render: (row: Row) => ComponentChildren;
  /** Makes the column sortable. Numbers sort by value with NaN last, texts as people count: a2 before a10. */
  readonly sortBy?: (row: Row) => SortValue;
}

export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

interface TableProps<Row> {
  /** What the table holds, for screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly initialSort?: Sort;
  /** Rows shown at first. */
  readonly limit?: number;
}

export function Table<Row>({ label, columns, rows, keyOf, initialSort, limit = 200 }: TableProps<Row>) {
  const [sort, setSort] = useState(initialSort);
  const [shown, setShown] = useState(limit);
  const sortBy = columns.find(({ id }) => id === sort?.column)?.sortBy;
  const sign = sort?.descending ? -1 : 1;
  const sorted =
    sortBy === undefined ? rows : rows.toSorted((a, b) => compareCells(sortBy(a), sortBy(b), sign));
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <section class="table-wrap" aria-label={label} tabIndex={0}>
        <table class="table">
          <thead>
            <tr>
              {columns.map((column) => (
                <Head key={column.id} column={column} sort={sort} onSort={setSort} />
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, shown).map((row) => (
              <tr key={keyOf(row)}>
                {columns.map(({ id, align, render }) => (
                  <td key={id} class={align ?? ""}>
                    {render(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {rows.length > shown && (
        <p class="row table-more">
          <span class="quiet small">
            {shown} of {rows.length} rows
          </span>
          <Button small onClick={() => setShown(shown + Math.max(limit, 1000))}>
            Show more
          </Button>
        </p>
      )}
    </>
  );
}

interface HeadProps<Row> {
  readonly column: Column<Row>;
  readonly sort: Sort | undefined;
  readonly onSort: (sort: Sort) => void;
}

function Head<Row>({ column: { id, title, align, sortBy }, sort, onSort }: HeadProps<Row>) {
  const isSorted = sort?.column === id;
  const direction = isSorted ? (sort.descending ? "descending" : "ascending") : "none";
  if (sortBy === undefined)
    return (
      <th scope="col" class={align ?? ""}>
        {title}
      </th>
    );
  return (
    <th scope="col" class={align ?? ""} aria-sort={direction}>
      <button
        type="button"
        class="sort"
        // The largest of numbers first.
        onClick={() => onSort({ column: id, descending: isSorted ? !sort.descending : align === "right" })}
      >
        {title}
        <span aria-hidden="true">{{ ascending: " ↑", descending: " ↓", none: "" }[direction]}</span>
      </button>
    </th>
  );
}
