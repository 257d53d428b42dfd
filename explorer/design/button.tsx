/** Buttons: with a text, with an icon and a text, or an icon alone, which then needs a label. */
import type { ButtonHTMLAttributes, ComponentChildren, Ref } from "preact";
import { Icon, type IconName } from "./icon.tsx";

export type ButtonKind = "plain" | "primary" | "quiet" | "danger";

interface Common extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "icon" | "label" | "class" | "ref"> {
  readonly kind?: ButtonKind;
  readonly small?: boolean;
  readonly class?: string;
  /** For a button that stays pressed. */
  readonly pressed?: boolean | undefined;
  readonly buttonRef?: Ref<HTMLButtonElement>;
}

interface ButtonProps extends Common {
  readonly icon?: IconName;
  readonly children: ComponentChildren;
}

export function Button({
  kind,
  small,
  icon,
  pressed,
  children,
  class: more,
  buttonRef,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      ref={buttonRef ?? null}
      class={classes(kind, small, more)}
      {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Common {
  readonly icon: IconName;
  /** What it does: its name, and its tooltip. */
  readonly label: string;
  readonly filled?: boolean;
}

export function IconButton({
  kind = "quiet",
  small,
  icon,
  label,
  filled = false,
  pressed,
  class: more = "",
  buttonRef,
  ...rest
}: IconButtonProps) {
  return (
    <button
      type="button"
      title={label}
      {...rest}
      ref={buttonRef ?? null}
      class={classes(kind, small, `button-icon ${more}`)}
      aria-label={label}
      {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
    >
      <Icon name={icon} filled={filled} />
    </button>
  );
}

function classes(kind: ButtonKind = "plain", small = false, more = ""): string {
  return `button button-${kind}${small ? " button-small" : ""} ${more}`.trim();
}
