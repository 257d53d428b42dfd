/** The editor for PromQL: highlights, checks, and completes from what the server has. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { PromQLExtension } from "@prometheus-io/codemirror-promql";
import type { Api } from "./api.ts";

export interface Editor {
  readonly text: string;
  setText(text: string): void;
  focus(): void;
}

/** Uses the page's colours, so light and dark mode work. */
const HIGHLIGHTING = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--keyword)" },
  { tag: [tags.function(tags.variableName), tags.standard(tags.name)], color: "var(--function)" },
  { tag: tags.string, color: "var(--string)" },
  { tag: tags.number, color: "var(--number)" },
  { tag: tags.labelName, color: "var(--label)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
  { tag: tags.invalid, color: "var(--error)" },
]);

/** Calls `run` for Enter and Ctrl-Enter; Shift-Enter begins a new line. */
export function newEditor(parent: HTMLElement, api: Api, run: () => void): Editor {
  const promql = new PromQLExtension().setComplete({
    remote: {
      fetchFn: api.fetch,
      url: new URL(".", document.baseURI).pathname.replace(/\/$/, ""),
      httpMethod: "GET",
    },
  });
  const runs = () => {
    run();
    return true;
  };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      extensions: [
        history(),
        bracketMatching(),
        closeBrackets(),
        autocompletion(),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "PromQL expression" }),
        placeholder("PromQL: Enter runs it, Shift-Enter begins a new line"),
        syntaxHighlighting(HIGHLIGHTING),
        promql.asExtension(),
        keymap.of([...completionKeymap]),
        Prec.high(keymap.of([{ key: "Mod-Enter", run: runs }])),
        keymap.of([
          ...closeBracketsKeymap,
          { key: "Enter", run: runs },
          ...defaultKeymap,
          ...historyKeymap,
          ...lintKeymap,
        ]),
      ],
    }),
  });
  return {
    get text() {
      return view.state.doc.toString();
    },
    setText(text) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    focus: () => view.focus(),
  };
}
