/** Keys and values that fit where the cursor is, by the schema of cascades. YAML is read by its indentation: enough to find the place. */
import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";

import { shown } from "@/shared/lib/format";

export interface Node {
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

/** A schema, whole: what its references name is in it. */
export type Root = Node & { $defs?: Record<string, Node> };

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

function parts(root: Root, node: Node | undefined): Node[] {
  if (node === undefined) return [];
  if (node.$ref !== undefined) return parts(root, root.$defs?.[node.$ref.split("/").at(-1) ?? ""]);
  const several = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])];
  return [node, ...several.flatMap((one) => parts(root, one))];
}

/** Everything the schema allows at a path; lists are looked into. */
export function at(root: Root, keys: readonly string[]): Node[] {
  const looked = (node: Node | undefined) => parts(root, node);
  let here = looked(root);
  for (const key of keys) {
    here = here
      .flatMap((node) => {
        const items = looked(node.items);
        return [node, ...items].map((one) => one.properties?.[key] ?? object(one.additionalProperties));
      })
      .flatMap(looked);
  }
  return here.flatMap((node) => [node, ...looked(node.items)]);
}

const object = (node: Node | boolean | undefined): Node | undefined => (typeof node === "object" ? node : undefined);

export const completion = (root: Root) => (context: CompletionContext) => complete(root, context);

function complete(root: Root, context: CompletionContext): CompletionResult | null {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const above = Array.from({ length: line.number - 1 }, (_, at) => context.state.doc.line(at + 1).text);
  const value = /^(\s*(?:- )*)([\w$-]+):\s+([\w.-]*)$/.exec(before);
  if (value !== null) {
    const [, indent = "", key = "", typed = ""] = value;
    const options = at(root, [...path(above, indent.length), key]).flatMap(values);
    return options.length === 0 ? null : { from: context.pos - typed.length, options: unique(options) };
  }
  const name = /^(\s*(?:- )*)([\w$-]*)$/.exec(before);
  if (name === null || (name[2] === "" && !context.explicit)) return null;
  const options = at(root, path(above, (name[1] ?? "").length)).flatMap((node) =>
    Object.entries(node.properties ?? {}).map(([label, one]) => ({
      label,
      apply: `${label}: `,
      type: "property",
      info: parts(root, one).find((part) => part.description !== undefined)?.description ?? one.description,
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
