// A part of a page that stands by itself. Never one inside another.
import type { ReactNode } from 'react'

type Props = { title?: ReactNode; more?: ReactNode; children: ReactNode; isBare?: boolean }

/** `isBare`: what is in it reaches its edges, as tables do. */
export function Card({ title, more, children, isBare = false }: Props) {
  return (
    <section className="card">
      {title !== undefined && (
        <header className="card-head">
          <h2>{title}</h2>
          <span className="grow" />
          {more}
        </header>
      )}
      {isBare ? children : <div className="card-body">{children}</div>}
    </section>
  )
}
