/** A request's messages as people read them, whichever provider it was written for. */

export interface Message {
  role: string;
  text: string;
}

export function messages(request: unknown): Message[] {
  if (!isObject(request)) return [];
  const found: Message[] = [];
  if (request.system !== undefined) found.push({ role: "system", text: content(request.system) });
  if (isObject(request.systemInstruction))
    found.push({ role: "system", text: content(request.systemInstruction.parts) });
  for (const one of listed(request.messages ?? request.input ?? request.contents)) {
    if (!isObject(one)) continue;
    found.push({ role: typeof one.role === "string" ? one.role : "user", text: content(one.content ?? one.parts) });
  }
  return found.filter((message) => message.text !== "");
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listed = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

function content(value: unknown): string {
  if (typeof value === "string") return value;
  return listed(value)
    .map((part) => (isObject(part) && typeof part.text === "string" ? part.text : ""))
    .filter((text) => text !== "")
    .join("\n");
}
