/** A button that opens a list of actions, or any content. Escape and a click elsewhere close it. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Button, type ButtonKind, IconButton } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";

interface PopupProps {
  readonly label: string;
  /** Shown in the button; without it the button is its icon. */
  readonly text?: ComponentChildren;
  readonly icon: IconName;
  readonly kind?: ButtonKind;
  readonly small?: boolean;
  /** At the right end of the button. */
  readonly atEnd?: boolean;
  readonly children: (close: () => void) => ComponentChildren;
}

export function Popup({
  label,
  text,
  icon,
  kind = "plain",
  small = false,
  atEnd = false,
  children,
}: PopupProps) {
  const [isOpen, setOpen] = useState(false);
  const element = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const id = useId();
  const close = () => {
    // Closed by what is in it, the focus would be nowhere.
    if (element.current?.contains(document.activeElement)) opener.current?.focus();
    setOpen(false);
  };
  useEffect(() => {
    if (!isOpen) return;
    element.current?.querySelector<HTMLElement>(".popup button, .popup input")?.focus();
    const onPointer = ({ target }: Event) => {
      if (!element.current?.contains(target as Node)) setOpen(false);
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      close();
    };
    document.addEventListener("pointerdown", onPointer);
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("pointerdown", onPointer);
      document.removeEventListener("keydown", onKey);
    };
  }, [isOpen]);
  const common = {
    kind,
    small,
    buttonRef: opener,
    "aria-expanded": isOpen,
    "aria-controls": id,
    onClick: () => setOpen(!isOpen),
  };
  return (
    <div class="menu" ref={element}>
      {text === undefined ? (
        <IconButton icon={icon} label={label} {...common} />
      ) : (
        <Button icon={icon} title={label} {...common}>
          {text}
        </Button>
      )}
      <div id={id} class={atEnd ? "popup popup-end" : "popup"} hidden={!isOpen}>
        {isOpen && children(close)}
      </div>
    </div>
  );
}

export interface MenuItem {
  readonly label: string;
  readonly icon: IconName;
  readonly onSelect: () => void;
}

interface MenuProps extends Omit<PopupProps, "children"> {
  readonly items: readonly MenuItem[];
}

export function Menu({ items, ...popup }: MenuProps) {
  const move = (event: KeyboardEvent & { readonly currentTarget: HTMLElement }) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const all = [...event.currentTarget.querySelectorAll<HTMLElement>("button")];
    const at = all.indexOf(document.activeElement as HTMLElement);
    all[(at + by + all.length) % all.length]?.focus();
  };
  return (
    <Popup {...popup}>
      {(close) => (
        <ul onKeyDown={move}>
          {items.map(({ label, icon, onSelect }) => (
            <li key={label}>
              <button
                type="button"
                class="menu-item"
                onClick={() => {
                  close();
                  onSelect();
                }}
              >
                <Icon name={icon} />
                {label}
              </button>
            </li>
          ))}
        </ul>
      )}
    </Popup>
  );
}
