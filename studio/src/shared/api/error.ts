/** What the server says when something is wrong: what happened, and what to do next. */

interface Body {
  code: string;
  message: string;
  hint?: string | null;
  line?: number | null;
  column?: number | null;
}

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;
  /** Where in the SQL or the file, from 1; null where it has no place. */
  readonly place: { line: number; column: number } | null;

  constructor(status: number, body: Body) {
    super(body.message);
    this.name = "ApiError";
    this.status = status;
    this.code = body.code;
    this.hint = body.hint ?? null;
    this.place = body.line ? { line: body.line, column: body.column ?? 1 } : null;
  }

  static async of(response: Response): Promise<ApiError> {
    const text = await response.text();
    try {
      const { error } = JSON.parse(text) as { error: Body };
      if (typeof error.message === "string") return new ApiError(response.status, error);
    } catch {
      // not ours: a proxy between, or a server that died in the middle
    }
    return new ApiError(response.status, {
      code: "unreadable",
      message: `the server answered ${response.status} with something that is no answer`,
      hint: "is there a proxy between? otherwise try again",
    });
  }
}

export function unreachable(error: unknown): ApiError {
  const aborted = error instanceof DOMException && error.name === "AbortError";
  return new ApiError(0, {
    code: aborted ? "aborted" : "unreachable",
    message: aborted ? "the request was stopped" : "the server does not answer",
    hint: aborted ? null : "is `rvbbit serve` running? Nothing that was not confirmed has been saved",
  });
}

/** Any error as what to show. */
export function told(error: unknown): { message: string; hint: string | null } {
  if (error instanceof ApiError) return { message: error.message, hint: error.hint };
  return { message: error instanceof Error ? error.message : String(error), hint: null };
}
