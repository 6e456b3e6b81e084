/** Keys and values that fit where the cursor is, by the schema of cascades. YAML is read by its indentation: enough to find the place. */
import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";

import { shown } from "@/shared/lib/format";

import schema from "./cascade.schema.json";

interface Node {
  $ref?: string;
  description?: string;
  properties?: Record<string, Node>;
  items?: Node;
  additionalProperties?: Node | boolean;
  anyOf?: Node[];
  oneOf?: Node[];
  allOf?: Node[];
  enum?: unknown[];
  const?: unknown;
  type?: string | string[];
}

const ROOT = schema as unknown as Node & { $defs?: Record<string, Node> };

/** The keys above a line, outermost first, by its indentation. */
export function path(lines: readonly string[], indent: number): string[] {
  const found: string[] = [];
  let limit = indent;
  for (const line of lines.toReversed()) {
    const told = /^(\s*)((?:- )*)([\w$-]+):/.exec(line);
    if (told === null) continue;
    const [, before = "", dash = "", key = ""] = told;
    const depth = before.length + dash.length;
    if (depth < limit) {
      found.unshift(key);
      limit = dash === "" ? depth : before.length + 1;
    }
    if (limit === 0) break;
  }
  return found;
}

function parts(node: Node | undefined): Node[] {
  if (node === undefined) return [];
  if (node.$ref !== undefined) return parts(ROOT.$defs?.[node.$ref.split("/").at(-1) ?? ""]);
  return [node, ...[...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])].flatMap(parts)];
}

/** Everything the schema allows at a path; lists are looked into. */
export function at(keys: readonly string[]): Node[] {
  let here = parts(ROOT);
  for (const key of keys) {
    here = here
      .flatMap((node) => {
        const items = parts(node.items);
        return [node, ...items].map((one) => one.properties?.[key] ?? object(one.additionalProperties));
      })
      .flatMap(parts);
  }
  return here.flatMap((node) => [node, ...parts(node.items)]);
}

const object = (node: Node | boolean | undefined): Node | undefined => (typeof node === "object" ? node : undefined);

export function complete(context: CompletionContext): CompletionResult | null {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const above = Array.from({ length: line.number - 1 }, (_, at) => context.state.doc.line(at + 1).text);
  const value = /^(\s*(?:- )*)([\w$-]+):\s+([\w.-]*)$/.exec(before);
  if (value !== null) {
    const [, indent = "", key = "", typed = ""] = value;
    const options = at([...path(above, indent.length), key]).flatMap(values);
    return options.length === 0 ? null : { from: context.pos - typed.length, options };
  }
  const name = /^(\s*(?:- )*)([\w$-]*)$/.exec(before);
  if (name === null || (name[2] === "" && !context.explicit)) return null;
  const options = at(path(above, (name[1] ?? "").length)).flatMap((node) =>
    Object.entries(node.properties ?? {}).map(([label, one]) => ({
      label,
      apply: `${label}: `,
      type: "property",
      info: parts(one).find((part) => part.description !== undefined)?.description ?? one.description,
    })),
  );
  return { from: context.pos - (name[2] ?? "").length, options: unique(options) };
}

function values(node: Node) {
  const given = node.enum ?? (node.const === undefined ? (node.type === "boolean" ? [true, false] : []) : [node.const]);
  return given.filter((one) => one !== null).map((one) => ({ label: shown(one), type: "enum" }));
}

const unique = <T extends { label: string }>(options: readonly T[]): T[] => [
  ...new Map(options.map((one) => [one.label, one])).values(),
];
