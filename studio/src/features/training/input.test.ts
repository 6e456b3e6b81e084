import { expect, test } from "vitest";

import { told } from "./input";

test("the text first, what was asked of it behind", () => {
  expect(told({ inputs: { criterion: "is red", text: "a\nrose" }, user_input: null })).toEqual({
    main: "a rose",
    rest: "is red",
  });
});

test("without a known name the first argument", () => {
  expect(told({ inputs: { a: 1, b: null }, user_input: null })).toEqual({ main: "1", rest: "" });
});

test("without arguments what was logged", () => {
  expect(told({ inputs: {}, user_input: "hi" })).toEqual({ main: "hi", rest: "" });
});
