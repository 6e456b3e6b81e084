import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

// shared → features → app: a module imports from the left, never from the right, and features never meet.
const never = (group, message) => ["error", { patterns: [{ group, message }] }];

export default tseslint.config(
  { ignores: ["node_modules", "src/shared/api/schema.d.ts"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  jsxA11y.flatConfigs.strict,
  reactHooks.configs.flat.recommended,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // a scrolled region must be reached by keyboard
      "jsx-a11y/no-noninteractive-tabindex": "off",
    },
  },
  {
    files: ["src/shared/**"],
    rules: {
      "no-restricted-imports": never(["@/features/**", "@/app/**", "**/features/**"], "shared knows no feature"),
    },
  },
  {
    files: ["src/features/**"],
    rules: {
      "no-restricted-imports": never(
        ["@/app/**", "@/features/**", "../../**"],
        "a feature knows itself, by relative paths, and shared",
      ),
    },
  },
  { files: ["*.js"], extends: [tseslint.configs.disableTypeChecked] },
);
