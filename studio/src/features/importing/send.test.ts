import { expect, test, vi } from "vitest";

import { give, token } from "@/shared/api/token";

import { landed, query, send } from "./send";

const ASKED = {
  file: new File([""], "a b.csv"),
  format: "auto",
  cascade_id: "c",
  cell_name: "",
  map: { q: "user_input", x: "" },
  dry_run: true,
};

test("what is said of the file, and nothing else", () => {
  expect(query(ASKED)).toBe("name=a+b.csv&format=auto&dry_run=true&cascade_id=c&map=q%3Duser_input");
});

test("the newest whole line says how far it is", () => {
  expect(landed('{"event":"query"}\n{"event":"progress","done":5}\n{"event":"progr')).toBe(5);
  expect(landed("")).toBe(0);
});

test("a refusal that comes when another token was given leaves that one", async () => {
  const request = { upload: {}, open: vi.fn(), setRequestHeader: vi.fn(), send: vi.fn(), onload: () => undefined };
  vi.stubGlobal("XMLHttpRequest", function () {
    return Object.assign(request, {
      status: 401,
      responseText: '{"error": {"code": "unauthorized", "message": "no"}}',
    });
  });
  give("old");
  const sent = send(ASKED, new AbortController().signal, () => undefined);
  give("new");
  request.onload();
  await expect(sent).rejects.toThrow("no");
  expect(token.get()).toBe("new");
});
