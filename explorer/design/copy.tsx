/** Text to take along: a button that copies, and a block of code with one. */
import { useEffect, useState } from "preact/hooks";
import { Button } from "./button.tsx";

const SAID_MS = 1500;

interface CopyButtonProps {
  readonly text: string | (() => string);
  readonly label?: string;
  readonly small?: boolean;
}

export function CopyButton({ text, label = "Copy", small = true }: CopyButtonProps) {
  const [outcome, setOutcome] = useState("");
  useEffect(() => {
    if (outcome === "") return;
    const timer = setTimeout(() => setOutcome(""), SAID_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => {
    const value = typeof text === "string" ? text : text();
    setOutcome((await copyText(value)) ? "Copied" : "Not allowed by the browser");
  };
  return (
    <Button small={small} kind="quiet" icon={outcome === "Copied" ? "check" : "copy"} onClick={copy}>
      <span aria-live="polite">{outcome || label}</span>
    </Button>
  );
}

/** Returns whether the browser allowed it. Plain http has no clipboard but on localhost: there a selection is copied. */
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  return isCopied;
}

export function CodeBlock({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <div class="code-block">
      <div class="row">
        <span class="small quiet">{label}</span>
        <span class="end" />
        <CopyButton text={text} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <pre class="code" tabIndex={0}>
        {text}
      </pre>
    </div>
  );
}
