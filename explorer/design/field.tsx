/** A labelled input, with a hint and an error that screen readers read with it; and a select. */
import type { ComponentChildren, Ref } from "preact";
import { useId } from "preact/hooks";

/** Beside these, attributes of the input. */
interface FieldProps {
  readonly name?: string;
  readonly value?: string;
  readonly defaultValue?: string;
  readonly placeholder?: string;
  readonly autocomplete?: string;
  readonly required?: boolean;
  readonly size?: number;
  readonly onInput?: (event: InputEvent & { readonly currentTarget: HTMLInputElement }) => void;
  readonly onChange?: (event: Event & { readonly currentTarget: HTMLInputElement }) => void;
  readonly onKeyDown?: (event: KeyboardEvent & { readonly currentTarget: HTMLInputElement }) => void;
  readonly label: string;
  /** Names it for screen readers alone. */
  readonly hideLabel?: boolean;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  readonly small?: boolean;
  readonly type?: "text" | "password" | "search" | "number";
  readonly inputRef?: Ref<HTMLInputElement>;
}

export function Field({
  label,
  hideLabel = false,
  hint,
  error,
  small = false,
  type = "text",
  inputRef,
  ...rest
}: FieldProps) {
  const id = useId();
  const isWrong = error !== undefined && error !== "";
  const about = [hint !== undefined && `${id}-hint`, isWrong && `${id}-error`].filter(Boolean).join(" ");
  const attributes: object = { ...rest, type };
  return (
    <div class="field">
      <label class={hideLabel ? "visually-hidden" : "field-label"} for={id}>
        {label}
      </label>
      <input
        spellcheck={false}
        {...attributes}
        ref={inputRef ?? null}
        id={id}
        class={small ? "input input-small" : "input"}
        aria-invalid={isWrong}
        {...(about === "" ? {} : { "aria-describedby": about })}
      />
      {hint !== undefined && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {isWrong && (
        <p class="field-error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

interface SelectProps<T extends string> {
  readonly label: string;
  readonly hideLabel?: boolean;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onSelect: (value: T) => void;
  readonly small?: boolean;
  readonly title?: string;
}

export function Select<T extends string>({
  label,
  hideLabel = false,
  value,
  options,
  onSelect,
  small = false,
  title = "",
}: SelectProps<T>) {
  return (
    <label class="labelled" title={title}>
      <span class={hideLabel ? "visually-hidden" : ""}>{label}</span>
      <select
        class={small ? "select select-small" : "select"}
        value={value}
        onChange={({ currentTarget }) => onSelect(currentTarget.value as T)}
      >
        {options.map((one) => (
          <option key={one.value} value={one.value}>
            {one.label}
          </option>
        ))}
      </select>
    </label>
  );
}

interface CheckProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

export function Check({ label, checked, onChange }: CheckProps) {
  return (
    <label class="check small">
      <input
        type="checkbox"
        checked={checked}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
      {label}
    </label>
  );
}
