// The head of a screen: where one is, and what can be done here.
import type { ReactNode } from 'react'
import { useEffect } from 'react'
import { Go } from './go'

type Props = {
  title: string
  /** What it belongs to: its name and where it is. */
  under?: { label: string; to: string }
  beside?: ReactNode
  children?: ReactNode
}

export function Head({ title, under, beside, children }: Props) {
  useTitle(title)
  return (
    <header className="head">
      {under !== undefined && (
        <>
          <Go className="crumb" to={under.to}>
            {under.label}
          </Go>
          <span className="quiet" aria-hidden="true">
            /
          </span>
        </>
      )}
      <h1>{title}</h1>
      {beside}
      <span className="grow" />
      {children}
    </header>
  )
}

/** Say in the browser's tab where one is. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Legato`
  }, [title])
}
