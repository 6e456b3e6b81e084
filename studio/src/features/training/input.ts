/** What an execution was asked, in one line. */
import type { Example } from "@/shared/api/client";
import { shown } from "@/shared/lib/format";

const MAIN = ["text", "prompt", "user_input", "question", "input", "value"];

/** `main` is what it is about, `rest` the other arguments that are short enough to help. */
export function told({ inputs, user_input }: Pick<Example, "inputs" | "user_input">): { main: string; rest: string } {
  const names = Object.keys(inputs);
  const first = MAIN.find((name) => name in inputs) ?? names[0];
  if (first === undefined) return { main: line(user_input ?? ""), rest: "" };
  const others = names.filter((name) => name !== first && inputs[name] !== null);
  return { main: line(shown(inputs[first])), rest: others.map((name) => line(plain(inputs[name]))).join(" · ") };
}

const line = (text: string): string => text.replaceAll(/\s+/g, " ").slice(0, 400);

const plain = (value: unknown): string =>
  Array.isArray(value) && value.every((one) => typeof one === "string") ? value.join(", ") : shown(value);
