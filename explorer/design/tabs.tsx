/** Tabs, of which arrow keys select; and segments, a radio group that looks like one button. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export interface Choice<T extends string> {
  readonly id: T;
  readonly label: ComponentChildren;
}

interface TabsProps<T extends string> {
  readonly label: string;
  readonly tabs: readonly Choice<T>[];
  readonly selected: T;
  readonly onSelect: (id: T) => void;
  /** Of the element with role `tabpanel` that shows the selected tab. */
  readonly panelId: string;
}

export function Tabs<T extends string>({ label, tabs, selected, onSelect, panelId }: TabsProps<T>) {
  const move = (event: KeyboardEvent & { readonly currentTarget: HTMLElement }) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    const at = tabs.findIndex(({ id }) => id === selected);
    const next = (at + by + tabs.length) % tabs.length;
    onSelect(tabs[next].id);
    event.currentTarget.querySelectorAll<HTMLElement>("[role=tab]")[next]?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} tabIndex={-1} onKeyDown={move}>
      {tabs.map(({ id, label: text }) => (
        <button
          key={id}
          type="button"
          class="tab"
          role="tab"
          aria-selected={id === selected}
          aria-controls={panelId}
          tabIndex={id === selected ? 0 : -1}
          onClick={() => onSelect(id)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}

interface SegmentsProps<T extends string> {
  readonly label: string;
  readonly options: readonly Choice<T>[];
  readonly selected: T;
  readonly onSelect: (id: T) => void;
}

export function Segments<T extends string>({ label, options, selected, onSelect }: SegmentsProps<T>) {
  const name = useId();
  return (
    <fieldset class="segments">
      <legend class="visually-hidden">{label}</legend>
      {options.map(({ id, label: text }) => (
        <label key={id} class="segment">
          <input
            type="radio"
            name={name}
            value={id}
            checked={id === selected}
            onChange={() => onSelect(id)}
          />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}
