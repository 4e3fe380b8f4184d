// A part of a narrow column: its heading, and what stands under it.
import type { ReactNode } from 'react'

type Props = { title: string; more?: ReactNode; children: ReactNode }

export function Block({ title: name, more, children }: Props) {
  return (
    <section className="customer-block" aria-label={name}>
      <h2>
        {name}
        {more}
      </h2>
      {children}
    </section>
  )
}
