/** A new operator, to be changed into what one needs. */
export const template = (name: string): string => `cascade_id: ${name}
description: Whether a text is urgent.

sql_function:
  name: ${name}
  operators:
    - "${name.toUpperCase()}({{ text }})"
  args:
    - {name: text, type: VARCHAR, description: what is judged}
  returns: BOOLEAN
  test_cases:
    - args: {text: The server is down and nobody can work.}
      expect: true

cells:
  - name: judge
    system: |
      Decide whether a text needs an answer today. If it does not clearly, the answer is false.
    instructions: |
      <text>{{ input.text }}</text>
    output_schema: {type: boolean}
    use_training: true
`;

/** What may be a cascade's id and an operator's name at once. */
export const NAME = /^[a-z_][a-z0-9_]{0,62}$/;
