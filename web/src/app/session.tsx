// Who is signed in. Everything below `Session` may rely on somebody being there.
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, lazy, type ReactNode, Suspense, useContext, useEffect } from 'react'
import { api, Refused, take, trust, whenSignedOut } from '@/api/client'
import type { Me } from '@/api/types'
import { Trouble } from '@/kit/trouble'
import type { Permission } from './screen'

const SignIn = lazy(() => import('./signin'))

const KEY = ['session'] as const
const Context = createContext<Me | null>(null)

export function Session({ children }: { children: ReactNode }) {
  const queries = useQueryClient()
  useEffect(() => whenSignedOut(() => queries.setQueryData(KEY, null)), [queries])
  const session = useQuery({ queryKey: KEY, queryFn: whoAmI, staleTime: 60_000 })

  if (session.data === undefined) {
    if (session.isError) {
      return <Trouble error={session.error} retry={() => session.refetch()} title="No answer" />
    }
    return null
  }
  if (session.data === null) {
    return (
      <Suspense>
        <SignIn
          onDone={(me) => {
            trust(me.csrf)
            forget(queries)
            queries.setQueryData(KEY, me)
          }}
        />
      </Suspense>
    )
  }
  return <Context value={session.data}>{children}</Context>
}

/** Nothing that one person was shown is left for the next. */
function forget(queries: QueryClient): void {
  queries.removeQueries({ predicate: (query) => query.queryKey[0] !== KEY[0] })
}

async function whoAmI(): Promise<Me | null> {
  try {
    const ways = await take(api.GET('/api/sign-in'))
    if (!ways.is_signed_in) return null
    const me = await take(api.GET('/api/session'))
    trust(me.csrf)
    return me
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return null
    throw error
  }
}

export function useMe(): Me {
  const me = useContext(Context)
  if (me === null) throw new Error('useMe is for what stands below Session')
  return me
}

/** Whether the person at the screen may do something. The server is asked again in any case. */
export function useMay(permission: Permission): boolean {
  return useMe().permissions.includes(permission)
}

export function useSignOut(): () => Promise<void> {
  const queries = useQueryClient()
  return async () => {
    const left = await take(api.DELETE('/api/session'))
    queries.setQueryData(KEY, null)
    forget(queries)
    if (left.go_to) location.assign(left.go_to)
  }
}
