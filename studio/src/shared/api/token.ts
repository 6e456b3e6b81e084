/** The server's token, for this tab alone; and whether the server asks for one. */
import { store } from "@/shared/lib/store";

const KEY = "rvbbit.token";

export const token = store<string | null>(sessionStorage.getItem(KEY));
export const needed = store(false);

export function give(value: string): void {
  sessionStorage.setItem(KEY, value);
  token.set(value);
  needed.set(false);
}

/** The server took none or not this one. */
export function refused(): void {
  sessionStorage.removeItem(KEY);
  token.set(null);
  needed.set(true);
}
