/** The server's token, for this tab alone; and whether the server asks for one. */
import { store } from "@/shared/lib/store";

const KEY = "rvbbit.token";

export const token = store<string | null>(sessionStorage.getItem(KEY));
/** Why a token is asked for: the server had none from us, or a wrong one; "" where none is asked for. */
export const needed = store<"" | "none" | "wrong">("");

export function give(value: string): void {
  sessionStorage.setItem(KEY, value);
  token.set(value);
  needed.set("");
}

/** The server did not take what a request was sent with. Of a token dropped or replaced meanwhile that says nothing new. */
export function refused(held: string | null): void {
  if (held !== token.get()) return;
  sessionStorage.removeItem(KEY);
  needed.set(held !== null || needed.get() === "wrong" ? "wrong" : "none");
  token.set(null);
}
