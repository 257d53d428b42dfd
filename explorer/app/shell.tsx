/** What is around every page: navigation, key, scheme and zone. */
import type { ComponentChildren } from "preact";
import { HEARTH_VERSION } from "../../lib/model/version.ts";
import { IconButton } from "../design/button.tsx";
import { Select } from "../design/field.tsx";
import { Icon } from "../design/icon.tsx";
import { Logo } from "../design/logo.tsx";
import type { Zone } from "../time/time-text.ts";
import { Link } from "./link.tsx";
import { PAGES } from "./pages.ts";
import { type Theme, theme, zone } from "./preferences.ts";

interface ShellProps {
  /** The id of the page that is shown. */
  readonly current: string;
  readonly keyId: string;
  readonly onSignOut: () => void;
  readonly children: ComponentChildren;
}

export function Shell({ current, keyId, onSignOut, children }: ShellProps) {
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={skip}>
        Skip to the content
      </button>
      <header class="side">
        <Link page="query" class="brand">
          <Logo />
          <span class="brand-name">Hearth</span>
          <span class="brand-version">{HEARTH_VERSION}</span>
        </Link>
        <nav class="nav" aria-label="Pages">
          {PAGES.map(({ id, title, icon }) => (
            <Link key={id} page={id} class="nav-link" current={id === current}>
              <Icon name={icon} />
              {title}
            </Link>
          ))}
        </nav>
        <div class="side-foot">
          <div class="settings">
            <Select
              label="Times"
              small
              value={zone.value}
              options={ZONES}
              onSelect={(one) => (zone.value = one)}
            />
            <Select
              label="Scheme"
              small
              value={theme.value}
              options={THEMES}
              onSelect={(one) => (theme.value = one)}
            />
          </div>
          <div class="row who">
            <Icon name="key" />
            <span class="clip grow" id="who" title={`access key ${keyId}`}>
              {keyId}
            </span>
            <IconButton icon="exit" label="Sign out" small onClick={onSignOut} />
          </div>
        </div>
      </header>
      <main id="main" class="main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

const ZONES: readonly { value: Zone; label: string }[] = [
  { value: "local", label: "local" },
  { value: "utc", label: "UTC" },
];

const THEMES: readonly { value: Theme; label: string }[] = [
  { value: "auto", label: "auto" },
  { value: "light", label: "light" },
  { value: "dark", label: "dark" },
];

function skip(): void {
  document.querySelector<HTMLElement>("#main")?.focus();
}
