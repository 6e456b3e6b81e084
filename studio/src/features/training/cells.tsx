/** What stands in the grid's cells, as plain DOM: a screen has hundreds, and each row that comes into sight is drawn anew. */
import type { ICellRendererComp, ICellRendererParams } from "ag-grid-community";
import { Check, PenLine } from "lucide-react";

import type { Example } from "@/shared/api/client";
import { type Level, level, words } from "@/shared/lib/confidence";
import { shown } from "@/shared/lib/format";
import { holds } from "@/shared/lib/labels";
import { Badge } from "@/shared/ui/badge";
import { Confidence } from "@/shared/ui/confidence";
import { drawn } from "@/shared/ui/drawn";
import { Switch } from "@/shared/ui/field";

import styles from "./columns.module.css";
import { told } from "./input";

export interface Context {
  toggle: (example: Example, field: "trainable" | "verified") => void;
}

type Params = ICellRendererParams<Example, unknown, Context>;
export type Cell = new () => ICellRendererComp<Example>;

/** A cell that begins as a copy and is filled, again each time its execution changes. `wire` connects what can be pressed. */
function cell(
  copy: () => HTMLElement,
  fill: (gui: HTMLElement, example: Example) => void,
  wire?: (gui: HTMLElement, press: (field: "trainable" | "verified") => void) => void,
): Cell {
  return class implements ICellRendererComp<Example> {
    readonly #gui = copy();
    #params: Params | null = null;

    init(params: Params): void {
      wire?.(this.#gui, (field) => {
        const { data, context } = this.#params ?? params;
        if (data !== undefined) context.toggle(data, field);
      });
      this.refresh(params);
    }

    getGui(): HTMLElement {
      return this.#gui;
    }

    refresh(params: Params): boolean {
      this.#params = params;
      if (params.data !== undefined) fill(this.#gui, params.data);
      return true;
    }
  };
}

const none = () => undefined;
const piece = (className: string | undefined, text: string): HTMLElement => {
  const made = document.createElement("span");
  if (className !== undefined) made.className = className;
  made.textContent = text;
  return made;
};

const copies = {
  line: drawn(<span className={styles.line} />),
  both: drawn(<span className={styles.both} />),
  bare: drawn(<span className={styles.bare} />),
  tags: drawn(<span className={styles.tags} />),
  tag: drawn(<Badge>tag</Badge>),
  corrected: drawn(
    <span className={styles.bare}>
      <PenLine aria-label="corrected" className={styles.corrected} />
    </span>,
  ),
  trainable: drawn(<Switch label="trainable" on={false} onChange={none} />),
  verified: drawn(
    <button type="button" className={styles.verified} aria-pressed={false} aria-label="verified">
      <Check aria-hidden />
    </button>,
  ),
};

const ONE: Record<Level, number | null> = { high: 1, medium: 0.8, low: 0, none: null };
const chips = Object.fromEntries(
  Object.entries(ONE).flatMap(([how, value]) =>
    [true, false].map((calibrated) => [
      `${how} ${calibrated}`,
      drawn(<Confidence value={value} calibrated={calibrated} />),
    ]),
  ),
);

/** A copy of the chip of its level, with its own number. */
function chip({ confidence, calibrated }: Example): HTMLElement {
  const made = chips[`${level(confidence)} ${calibrated === true}`]?.() ?? document.createElement("span");
  made.title = words(confidence, calibrated);
  const number = [...made.childNodes].find((node) => node.nodeType === Node.TEXT_NODE);
  if (number !== undefined && confidence !== null) number.nodeValue = confidence.toFixed(2);
  return made;
}

/** The text that it is about first, then what was asked of it. */
function input(gui: HTMLElement, example: Example): void {
  const { main, rest } = told(example);
  gui.title = example.user_input ?? "";
  gui.replaceChildren(piece(styles.text, main), ...(rest === "" ? [] : [piece(styles.rest, rest)]));
}

function answer(gui: HTMLElement, example: Example): void {
  const text = shown(holds(example));
  gui.title = text;
  const corrected = example.corrected_output === null ? [] : [copies.corrected()];
  gui.replaceChildren(...corrected, piece(styles.text, text.replaceAll("\n", " ")));
}

export const Input = cell(copies.line, input);
export const Answer = cell(copies.line, answer);

/** Both, one above the other, where there is no room beside. */
export const Both = cell(copies.both, (gui, example) => {
  const [asked, answered, line] = [copies.line(), copies.line(), copies.line()];
  input(asked, example);
  answer(answered, example);
  line.append(chip(example), answered);
  gui.replaceChildren(asked, line);
});

export const Sure = cell(copies.bare, (gui, example) => gui.replaceChildren(chip(example)));

export const Tags = cell(copies.tags, (gui, { tags }) =>
  gui.replaceChildren(
    ...tags.map((tag) => {
      const made = copies.tag();
      made.textContent = tag;
      return made;
    }),
  ),
);

export const Trainable = cell(
  copies.trainable,
  (gui, { trainable }) => {
    const box = gui.querySelector("input");
    if (box !== null) box.checked = trainable;
  },
  (gui, press) => gui.querySelector("input")?.addEventListener("change", () => press("trainable")),
);

export const Verified = cell(
  copies.verified,
  (gui, { verified }) => {
    gui.classList.toggle(styles.yes ?? "yes", verified);
    gui.setAttribute("aria-pressed", String(verified));
    gui.title = verified ? "verified: a person says this is right" : "not verified";
  },
  (gui, press) => gui.addEventListener("click", () => press("verified")),
);
