/** The one way to the server: typed by its OpenAPI, errors as `ApiError`, the token where there is one. */
import createClient, { type Middleware } from "openapi-fetch";

import { ApiError, unreachable } from "./error";
import type { components, paths } from "./schema";
import { refused, token } from "./token";

export type Schemas = components["schemas"];
export type Example = Schemas["Example"];
export type Whole = Schemas["Whole"];
export type Stats = Schemas["Stats"];

/** Sent in the same moment, before anything is drawn that the caller changes: a middleware would wait for that. */
async function carrying(request: Request): Promise<Response> {
  const held = token.get();
  if (held !== null) request.headers.set("Authorization", `Bearer ${held}`);
  const response = await fetch(request);
  if (response.status === 401) refused(held);
  return response;
}

const speaking: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw await ApiError.of(response);
  },
  onError({ error }) {
    return error instanceof ApiError ? error : unreachable(error);
  },
};

export const api = createClient<paths>({
  baseUrl: "",
  fetch: carrying,
  // a list is a repeated name: ?cascade_id=a&cascade_id=b
  querySerializer: { array: { style: "form", explode: true } },
});
api.use(speaking);

/** What a call answers. Every failure was thrown before: this only tells the types. */
export async function answer<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data } = await call;
  return data as T;
}

/** A request that OpenAPI has no types for: a stream, a file. Throws `ApiError`. */
export async function raw(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const held = token.get();
  if (held !== null) headers.set("Authorization", `Bearer ${held}`);
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable(error);
  }
  if (response.status === 401) refused(held);
  if (!response.ok) throw await ApiError.of(response);
  return response;
}
