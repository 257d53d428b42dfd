/** Starred expressions and those that were run, to choose from. */
import { useState } from "preact/hooks";
import { Button, IconButton } from "../../../design/button.tsx";
import { Dialog } from "../../../design/dialog.tsx";
import { Empty } from "../../../design/feedback.tsx";
import { Field } from "../../../design/field.tsx";
import { ran, starred, toggleStar } from "./history.ts";

interface HistoryDialogProps {
  readonly onChoose: (expr: string) => void;
  readonly onClose: () => void;
}

export function HistoryDialog({ onChoose, onClose }: HistoryDialogProps) {
  const [filter, setFilter] = useState("");
  const matches = (expr: string) => expr.toLowerCase().includes(filter.toLowerCase());
  const stars = starred.value.filter(matches);
  const others = ran.value.filter((expr) => matches(expr) && !starred.value.includes(expr));
  const list = (title: string, all: readonly string[]) =>
    all.length > 0 && (
      <section class="history">
        <h3>{title}</h3>
        <ul>
          {all.map((expr) => (
            <li key={expr} class="history-row">
              <IconButton
                icon="star"
                small
                filled={starred.value.includes(expr)}
                pressed={starred.value.includes(expr)}
                label={starred.value.includes(expr) ? "Remove the star" : "Star"}
                onClick={() => toggleStar(expr)}
              />
              <button type="button" class="link mono" onClick={() => onChoose(expr)}>
                {expr}
              </button>
            </li>
          ))}
        </ul>
      </section>
    );
  return (
    <Dialog title="History" onClose={onClose}>
      <div class="stack">
        <Field
          label="Filter"
          hideLabel
          type="search"
          placeholder="Filter expressions"
          value={filter}
          onInput={({ currentTarget }) => setFilter(currentTarget.value)}
        />
        {list("Starred", stars)}
        {list("Run before", others)}
        {stars.length + others.length === 0 && <Empty icon="history" title="No expression here yet" />}
        {ran.value.length > 0 && (
          <div class="row">
            <span class="quiet small">Kept in this browser alone.</span>
            <span class="end" />
            <Button
              small
              kind="quiet"
              onClick={() => {
                ran.value = [];
              }}
            >
              Clear the history
            </Button>
          </div>
        )}
      </div>
    </Dialog>
  );
}
