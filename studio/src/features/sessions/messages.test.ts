import { expect, it } from "vitest";

import { messages } from "./messages";

it("reads the messages of each provider", () => {
  expect(
    messages({
      messages: [
        { role: "system", content: "be brief" },
        { role: "user", content: "hi" },
      ],
    }),
  ).toEqual([
    { role: "system", text: "be brief" },
    { role: "user", text: "hi" },
  ]);
  expect(
    messages({ system: [{ type: "text", text: "a" }], messages: [{ role: "user", content: [{ text: "b" }] }] }),
  ).toEqual([
    { role: "system", text: "a" },
    { role: "user", text: "b" },
  ]);
  expect(
    messages({ systemInstruction: { parts: [{ text: "a" }] }, contents: [{ parts: [{ text: "b" }] }] }),
  ).toHaveLength(2);
});

it("is empty where there are none", () => {
  expect(messages(null)).toEqual([]);
  expect(messages({ texts: ["a"] })).toEqual([]);
  expect(messages({ messages: "no" })).toEqual([]);
});
