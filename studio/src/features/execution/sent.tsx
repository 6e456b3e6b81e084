/** Request and response exactly as they were sent. */
import type { Whole } from "@/shared/api/client";
import { shown } from "@/shared/lib/format";
import { Code } from "@/shared/ui/code";

import { Part, Text } from "./part";
import styles from "./part.module.css";

const NONE = "Nothing was sent: it was answered here, or logged elsewhere.";

export function Sent({ whole }: { whole: Whole }) {
  return (
    <div className={styles.sent}>
      <Part title="Request">
        {whole.request === null ? (
          <Text quiet>{NONE}</Text>
        ) : (
          <Code label="request" language="json" value={shown(whole.request, 2)} />
        )}
      </Part>
      <Part title="Response">
        {whole.response === null ? (
          <Text quiet>{NONE}</Text>
        ) : (
          <Code label="response" language="json" value={shown(whole.response, 2)} />
        )}
      </Part>
    </div>
  );
}
