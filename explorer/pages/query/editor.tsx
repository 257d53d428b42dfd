/**
 * The editor for PromQL: highlights, checks, and completes from what the server has. It is in a shadow root: there its
 * styles are adopted style sheets, which the page's policy against inline styles allows.
 */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, forceParsing, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { PromQLExtension } from "@prometheus-io/codemirror-promql";
import { useEffect, useRef } from "preact/hooks";
import type { Client } from "../../api/client.ts";
import { useClient } from "../../app/load.ts";

/** Uses the page's colours, so light and dark mode work. */
const HIGHLIGHTING = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--keyword)" },
  { tag: [tags.function(tags.variableName), tags.standard(tags.name)], color: "var(--function)" },
  { tag: tags.string, color: "var(--string)" },
  { tag: tags.number, color: "var(--number)" },
  { tag: tags.labelName, color: "var(--label)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
  { tag: tags.invalid, color: "var(--bad)" },
]);

const THEME = EditorView.theme({
  "&": { color: "var(--ink)", fontSize: "0.875rem" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-content": { padding: "5px 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 8px" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-placeholder": { color: "var(--quiet)", fontFamily: "var(--font)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-soft)" },
  ".cm-tooltip": {
    border: "0",
    borderRadius: "6px",
    background: "var(--raised)",
    boxShadow: "var(--shadow-l)",
    color: "var(--ink)",
    overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "16rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 8px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    background: "var(--accent)",
    color: "var(--accent-ink)",
  },
  ".cm-completionDetail": { color: "inherit", fontStyle: "normal", opacity: "0.85" },
  ".cm-completionInfo": { maxWidth: "24rem", padding: "8px" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "bold" },
});

export interface Problem {
  readonly from: number;
  readonly to: number;
  readonly message: string;
}

interface EditorProps {
  /** The text to show: a new object replaces what is typed. */
  readonly given: { readonly text: string };
  readonly onChange: (text: string) => void;
  /** Enter and Ctrl-Enter; Shift-Enter begins a new line. */
  readonly onRun: () => void;
  /** Where the server found an error. */
  readonly problem?: Problem | undefined;
  readonly focuses?: boolean;
}

export function Editor({ given, onChange, onRun, problem, focuses = false }: EditorProps) {
  const client = useClient();
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  const latest = useRef({ onChange, onRun });
  latest.current = { onChange, onRun };

  useEffect(() => {
    const root = host.current!.shadowRoot ?? host.current!.attachShadow({ mode: "open" });
    const made = new EditorView({
      parent: root,
      root,
      state: EditorState.create({ doc: given.text, extensions: extensions(client, latest) }),
    });
    view.current = made;
    parseAll(made);
    if (focuses) made.focus();
    return () => made.destroy();
  }, [client]);

  useEffect(() => {
    const { current } = view;
    if (current === undefined || current.state.doc.toString() === given.text) return;
    current.dispatch({ changes: { from: 0, to: current.state.doc.length, insert: given.text } });
  }, [given]);

  useEffect(() => {
    const { current } = view;
    if (current === undefined) return;
    const length = current.state.doc.length;
    const marks: Diagnostic[] =
      problem === undefined || problem.from > length
        ? []
        : [{ ...problem, to: Math.min(problem.to, length), severity: "error" }];
    current.dispatch(setDiagnostics(current.state, marks));
  }, [problem]);

  return <div ref={host} class="editor" />;
}

/** The time in ms that parsing may take: the longest expressions take a few. */
const PARSE_MS = 100;

/** On a busy machine the parser stops halfway, and the rest would be marked as wrong. */
function parseAll(view: EditorView): void {
  if (view.dom.isConnected) forceParsing(view, view.state.doc.length, PARSE_MS);
}

function extensions(client: Client, latest: { readonly current: Pick<EditorProps, "onChange" | "onRun"> }) {
  const promql = new PromQLExtension().setComplete({
    remote: {
      fetchFn: (url, init) => client.fetch(url instanceof Request ? url.url : url, init),
      url: new URL(".", document.baseURI).pathname.replace(/\/$/, ""),
      httpMethod: "GET",
    },
  });
  const run = () => {
    latest.current.onRun();
    return true;
  };
  return [
    history(),
    bracketMatching(),
    closeBrackets(),
    autocompletion(),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ "aria-label": "PromQL expression" }),
    EditorView.updateListener.of(({ docChanged, state, view }) => {
      if (!docChanged) return;
      latest.current.onChange(state.doc.toString());
      // Not within an update.
      queueMicrotask(() => parseAll(view));
    }),
    placeholder("PromQL expression · Enter runs it, Shift-Enter begins a new line"),
    syntaxHighlighting(HIGHLIGHTING),
    THEME,
    promql.asExtension(),
    keymap.of([...completionKeymap]),
    Prec.high(keymap.of([{ key: "Mod-Enter", run }])),
    keymap.of([
      ...closeBracketsKeymap,
      { key: "Enter", run },
      ...defaultKeymap,
      ...historyKeymap,
      ...lintKeymap,
    ]),
  ];
}
