/** SQL for CodeMirror: PostgreSQL's, with the words of operators, and completion of a project's tables. */
import type { CompletionContext } from "@codemirror/autocomplete";
import { keywordCompletionSource, PostgreSQL, schemaCompletionSource, SQLDialect } from "@codemirror/lang-sql";
import { LanguageSupport } from "@codemirror/language";

type Schema = Record<string, string[]>;

export function sql(words: readonly string[] = [], schema: Schema = {}): LanguageSupport {
  const spoken = dialect(words, schema);
  const keywords = keywordCompletionSource(spoken, true);
  const { data } = spoken.language;
  return new LanguageSupport(spoken.language, [
    data.of({ autocomplete: schemaCompletionSource({ dialect: spoken, schema, defaultSchema: "main" }) }),
    data.of({ autocomplete: (context: CompletionContext) => (member(context) ? null : keywords(context)) }),
  ]);
}

/** Behind a dot stands a column and no keyword. */
export function member(context: CompletionContext): boolean {
  return context.matchBefore(/\.\s*\w*$/) !== null;
}

/** What a table's column is called is no keyword here. */
function dialect(words: readonly string[], schema: Schema): SQLDialect {
  const { keywords = "", types = "", ...rest } = PostgreSQL.spec;
  const columns = new Set(Object.values(schema).flat());
  const without = (text: string) => text.split(" ").filter((word) => !columns.has(word));
  const more = words.map((word) => word.toLowerCase());
  return SQLDialect.define({
    ...rest,
    keywords: [...without(keywords), ...more].join(" "),
    types: without(types).join(" "),
  });
}
