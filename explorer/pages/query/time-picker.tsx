/** The times of all panels: the last so many, or from one time to another; earlier, later, and twice as long. */
import { useState } from "preact/hooks";
import { zone } from "../../app/preferences.ts";
import { Button, IconButton } from "../../design/button.tsx";
import { Field } from "../../design/field.tsx";
import { Popup } from "../../design/menu.tsx";
import { Segments } from "../../design/tabs.tsx";
import { parseDuration, printDuration } from "../../time/durations.ts";
import { fixedRange, shiftRange, spanOf, type TimeRange, zoomRange } from "../../time/time-range.ts";
import { parseTime, printClock, printDate, printTime, printZone, type Zone } from "../../time/time-text.ts";

const LAST = ["5m", "15m", "30m", "1h", "3h", "6h", "12h", "1d", "2d", "7d", "30d", "90d", "1y", "2y", "5y"];

interface TimePickerProps {
  readonly range: TimeRange;
  readonly onChange: (range: TimeRange) => void;
}

export function TimePicker({ range, onChange }: TimePickerProps) {
  const now = () => Date.now() / 1000;
  return (
    <div class="button-group">
      <IconButton
        kind="plain"
        icon="left"
        label="Earlier, by half of the range"
        onClick={() => onChange(shiftRange(range, -1, now()))}
      />
      <Popup
        label="Times"
        text={<span id="range">{describeRange(range, zone.value)}</span>}
        icon="clock"
        atEnd
      >
        {(close) => (
          <Choices
            range={range}
            onChoose={(next) => {
              close();
              onChange(next);
            }}
          />
        )}
      </Popup>
      <IconButton
        kind="plain"
        icon="right"
        label="Later, by half of the range"
        disabled={range.kind === "last"}
        onClick={() => onChange(shiftRange(range, 1, now()))}
      />
      <IconButton
        kind="plain"
        icon="zoom-out"
        label="Zoom out to twice the range"
        onClick={() => onChange(zoomRange(range, 2, now()))}
      />
    </div>
  );
}

export function describeRange(range: TimeRange, zone: Zone): string {
  if (range.kind === "last") return `Last ${printDuration(range.seconds)}`;
  const { from, to } = range;
  const until = printDate(from, zone) === printDate(to, zone) ? printClock(to, zone) : printTime(to, zone);
  return `${printTime(from, zone)} – ${until}`;
}

function Choices({
  range,
  onChoose,
}: {
  readonly range: TimeRange;
  readonly onChoose: (range: TimeRange) => void;
}) {
  const span = spanOf(range, Date.now() / 1000);
  return (
    <div class="time-popup">
      <div class="time-last">
        <h2 class="heading-s">Last</h2>
        <div class="time-lasts">
          {LAST.map((text) => (
            <Button
              key={text}
              small
              kind="quiet"
              pressed={range.kind === "last" && range.seconds === parseDuration(text)}
              onClick={() => onChoose({ kind: "last", seconds: parseDuration(text)! })}
            >
              {text}
            </Button>
          ))}
        </div>
        <OtherLength onChoose={onChoose} />
      </div>
      <FromTo key={zone.value} start={span.start} end={span.end} onChoose={onChoose} />
    </div>
  );
}

function OtherLength({ onChoose }: { readonly onChoose: (range: TimeRange) => void }) {
  const [error, setError] = useState("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget as HTMLFormElement).get("length"));
    const seconds = parseDuration(text);
    if (seconds === undefined) setError(`“${text}” is not a duration such as 45m, 3d or 2y`);
    else onChoose({ kind: "last", seconds });
  };
  return (
    <form class="row" onSubmit={submit}>
      <Field
        label="Another length"
        hideLabel
        small
        name="length"
        size={8}
        placeholder="45m, 10d"
        error={error || undefined}
      />
      <Button small type="submit">
        Apply
      </Button>
    </form>
  );
}

interface FromToProps {
  readonly start: number;
  readonly end: number;
  readonly onChoose: (range: TimeRange) => void;
}

function FromTo({ start, end, onChoose }: FromToProps) {
  const [errors, setErrors] = useState<{ from?: string; to?: string }>({});
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    const [from, to] = ["from", "to"].map((name) => parseTime(String(given.get(name)), zone.value));
    const wrong = "expected a time such as 2026-11-30 14:05:00";
    if (from === undefined || to === undefined)
      setErrors({
        ...(from === undefined ? { from: wrong } : {}),
        ...(to === undefined ? { to: wrong } : {}),
      });
    else if (to <= from) setErrors({ to: "must be after “From”" });
    else onChoose(fixedRange(from, to));
  };
  return (
    <form class="time-fixed" onSubmit={submit}>
      <Field label="From" small name="from" defaultValue={printTime(start, zone.value)} error={errors.from} />
      <Field label="To" small name="to" defaultValue={printTime(end, zone.value)} error={errors.to} />
      <div class="row">
        <Segments
          label="Zone"
          options={[
            { id: "local", label: `Local (${printZone(end, "local")})` },
            { id: "utc", label: "UTC" },
          ]}
          selected={zone.value}
          onSelect={(one) => {
            zone.value = one;
          }}
        />
        <span class="end" />
        <Button small kind="primary" type="submit">
          Apply
        </Button>
      </div>
    </form>
  );
}
