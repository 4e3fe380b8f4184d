// A page with nothing on it yet: what it is for, and one thing to do.
import type { ReactNode } from 'react'

type Props = { title: string; children?: ReactNode; action?: ReactNode }

export function Empty({ title, children, action }: Props) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children !== undefined && <p>{children}</p>}
      {action}
    </div>
  )
}
