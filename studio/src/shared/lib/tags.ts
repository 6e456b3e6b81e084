/** Tags as they are typed: separated by commas, none twice. */
export const tagsOf = (text: string): string[] =>
  [...new Set(text.split(",").map((tag) => tag.trim()))].filter((tag) => tag !== "");
