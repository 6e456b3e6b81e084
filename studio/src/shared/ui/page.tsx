/** A page: its title, what one can do on it, its content. */
import { type ReactNode, useEffect } from "react";

import styles from "./page.module.css";

interface PageProps {
  title: string;
  about?: ReactNode;
  actions?: ReactNode;
  /** The content fills the window and scrolls by itself. */
  full?: boolean;
  children: ReactNode;
}

export function Page({ title, about, actions, full = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · RVBBIT`;
  }, [title]);
  return (
    <main className={`${styles.page} ${full ? styles.full : ""}`} id="main" tabIndex={-1}>
      <header className={styles.head}>
        <div className={styles.words}>
          <h1>{title}</h1>
          {about !== undefined && <p>{about}</p>}
        </div>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </header>
      <div className={styles.body}>{children}</div>
    </main>
  );
}

/** A part of a page, in a frame. */
export function Card({
  title,
  about,
  actions,
  children,
}: {
  title?: string;
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className={styles.card}>
      {(title !== undefined || actions !== undefined) && (
        <header className={styles.cardHead}>
          <div>
            {title !== undefined && <h2>{title}</h2>}
            {about !== undefined && <p>{about}</p>}
          </div>
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}
