// A link to somewhere in the Studio, and the address as a place for state.
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import type { AnchorHTMLAttributes } from 'react'
import { useCallback } from 'react'

type Search = Record<string, string | undefined>
type Props = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> & {
  to: string
  search?: Search
  /** In place of where one is: a way of looking is no place to go back to. */
  replace?: boolean
}

export function Go({ to, search, ...rest }: Props) {
  return <Link to={to} search={search ?? {}} preload="intent" {...rest} />
}

/** Go somewhere by code: after something was done, never instead of a link. */
export function useGo(): (to: string, search?: Search, more?: { state: object }) => void {
  const navigate = useNavigate()
  return useCallback(
    (to, search, more) => void navigate({ to, search: search ?? {}, ...more }),
    [navigate],
  )
}

/** A part of the screen's state that is kept in its address, so that it can be sent to others.
 * What may be personal does not belong there. */
export function useParam(name: string, fallback = ''): [string, (value: string) => void] {
  const search = useSearch({ strict: false }) as Search
  const navigate = useNavigate()
  const set = useCallback(
    (value: string) => {
      const next = (before: Search) => ({
        ...before,
        [name]: value === fallback ? undefined : value,
      })
      void navigate({ to: '.', search: next, replace: true })
    },
    [name, fallback, navigate],
  )
  return [search[name] ?? fallback, set]
}
