/** CodeMirror in our colours. Fetched on its own, by `code`. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  type CompletionContext,
  type CompletionSource,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";

import { nonce } from "@/shared/lib/nonce";

import { COLOURS, LOOK } from "./editor-look";
import { sql } from "./editor-sql";

export type Language = "json" | "sql" | "yaml" | "text";

export interface Problem {
  /** From 1. */
  line: number;
  column: number;
  message: string;
}

export interface EditorProps {
  label: string;
  value: string;
  language: Language;
  /** Without it, the text is for reading. */
  onChange?: (value: string) => void;
  /** Ctrl+Enter. */
  onRun?: () => void;
  /** Ctrl+S. */
  onSave?: () => void;
  /** Where the cursor goes, each time it is another one. */
  place?: { line: number; column: number } | null;
  complete?: CompletionSource;
  /** Tables with their columns, for SQL. */
  schema?: Record<string, string[]>;
  /** More words that are keywords of SQL, in any case. */
  words?: readonly string[];
  problems?: readonly Problem[];
}

const LANGUAGES: Record<Exclude<Language, "sql">, () => Extension> = { json, yaml, text: () => [] };

export default function CodeEditor({
  label,
  value,
  language,
  onChange,
  onRun,
  onSave,
  place: goal = null,
  complete,
  schema,
  words,
  problems,
}: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const spoken = useRef(new Compartment());
  const latest = useRef({ onChange, onRun, onSave, complete });
  useEffect(() => {
    latest.current = { onChange, onRun, onSave, complete };
  });
  const readOnly = onChange === undefined;

  useEffect(() => {
    if (place.current === null) return;
    const run = {
      key: "Mod-Enter",
      run: () => {
        latest.current.onRun?.();
        return latest.current.onRun !== undefined;
      },
    };
    const save = {
      key: "Mod-s",
      run: () => {
        latest.current.onSave?.();
        return latest.current.onSave !== undefined;
      },
    };
    // one for as long as the editor lives: it is known by its identity
    const more = { autocomplete: (context: CompletionContext) => latest.current.complete?.(context) ?? null };
    const editing: Extension = readOnly
      ? [EditorState.readOnly.of(true), EditorView.editable.of(false)]
      : [
          history(),
          indentOnInput(),
          closeBrackets(),
          highlightActiveLine(),
          autocompletion({ icons: false }),
          // beside what the language completes by itself
          EditorState.languageData.of(() => [more]),
          keymap.of([
            run,
            save,
            ...closeBracketsKeymap,
            ...defaultKeymap,
            ...historyKeymap,
            ...completionKeymap,
            indentWithTab,
          ]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange?.(update.state.doc.toString());
          }),
        ];
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: value,
        extensions: [
          EditorView.cspNonce.of(nonce),
          readOnly ? foldGutter() : [lineNumbers(), lintGutter()],
          drawSelection(),
          bracketMatching(),
          EditorView.lineWrapping,
          syntaxHighlighting(COLOURS),
          spoken.current.of([]),
          LOOK,
          // said, though it can be typed into: what scrolls must be reached by keys
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          editing,
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
    // A new value is brought in below, without losing the cursor.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [readOnly, label]);

  useEffect(() => {
    const now = view.current?.state.doc.toString();
    if (now !== undefined && now !== value) {
      view.current?.dispatch({ changes: { from: 0, to: now.length, insert: value } });
    }
  }, [value]);

  useEffect(() => {
    const extension = language === "sql" ? sql(words, schema) : LANGUAGES[language]();
    view.current?.dispatch({ effects: spoken.current.reconfigure(extension) });
  }, [language, schema, words]);

  useEffect(() => {
    const made = view.current;
    if (made === null) return;
    made.dispatch(
      setDiagnostics(
        made.state,
        (problems ?? []).map((problem) => diagnostic(made.state, problem, language === "sql")),
      ),
    );
  }, [problems, value, language]);

  useEffect(() => {
    const made = view.current;
    if (made === null || goal === null) return;
    made.dispatch({ selection: { anchor: position(made.state, goal) }, scrollIntoView: true });
    made.focus();
  }, [goal]);

  return <div ref={place} style={{ height: "100%", minHeight: 0, overflow: "auto" }} />;
}

function position(state: EditorState, { line, column }: { line: number; column: number }): number {
  const at = state.doc.line(Math.min(Math.max(line, 1), state.doc.lines));
  return Math.min(at.from + Math.max(column, 1) - 1, at.to);
}

/** From its place to the end of the line, or of the word. */
function diagnostic(state: EditorState, problem: Problem, word: boolean): Diagnostic {
  const from = position(state, problem);
  const line = state.doc.lineAt(from);
  const to = word ? from + (/^(\w+|"[^"]*"|.)/.exec(line.text.slice(from - line.from))?.[0].length ?? 0) : line.to;
  return { from, to, severity: "error", message: problem.message };
}
