/** The answers that an execution may have had, where they are few; and what choosing one of them decides. */
import type { Example } from "@/shared/api/client";
import type { Fields } from "@/shared/api/decisions";

const MOST = 9;
/** Inputs that name the choices, whether the answer is one of them or not. */
const NAMED = ["labels", "categories", "options", "classes"];

type Answered = Pick<Example, "answer" | "inputs">;
type Corrected = Pick<Example, "answer" | "corrected_output">;

export function labels({ answer, inputs }: Answered): unknown[] {
  if (typeof answer === "boolean") return [true, false];
  if (typeof answer !== "string") return [];
  for (const [name, given] of Object.entries(inputs)) {
    const choices = listed(given);
    if (choices.length > 1 && (NAMED.includes(name) || (Array.isArray(given) && choices.includes(answer))))
      return choices.slice(0, MOST);
  }
  return [];
}

function listed(given: unknown): unknown[] {
  if (Array.isArray(given)) return given as unknown[];
  if (typeof given === "string" && given.includes(",")) return given.split(",").map((label) => label.trim());
  return [];
}

/** What holds as the answer now: the correction, where there is one. */
export const holds = ({ answer, corrected_output }: Corrected): unknown => corrected_output ?? answer;

/** To say that this is the answer. The one that was given is no correction, and takes one back. */
export function labelled({ answer, corrected_output }: Corrected, label: unknown): Fields {
  const sure: Fields = { trainable: true, verified: true };
  if (JSON.stringify(label) !== JSON.stringify(answer)) return { ...sure, corrected_output: label };
  return corrected_output === null ? sure : { ...sure, corrected_output: null };
}
