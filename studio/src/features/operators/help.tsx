/** How an operator is written, what it takes and gives: of the text as it stands. */
import { Badge } from "@/shared/ui/badge";
import { Card } from "@/shared/ui/page";

import type { Signature } from "./api";
import styles from "./operators.module.css";
import { written } from "./operators";

export function Help({ signature }: { signature: Signature }) {
  return (
    <Card title="Signature" about={signature.description}>
      <div className={styles.help}>
        {signature.patterns.map((pattern) => (
          <code key={pattern}>{written(pattern)}</code>
        ))}
        <dl>
          {signature.parameters.map((one) => (
            <div key={one.name}>
              <dt>
                {one.name} <code>{one.type}</code> {one.optional && <Badge>optional</Badge>}
              </dt>
              {one.description !== "" && <dd>{one.description}</dd>}
            </div>
          ))}
          <div>
            <dt>
              gives <code>{signature.returns}</code>
            </dt>
            <dd>
              {signature.shape}
              {signature.threshold !== null && `; as a filter, ${signature.threshold} or more`}
            </dd>
          </div>
        </dl>
      </div>
    </Card>
  );
}
