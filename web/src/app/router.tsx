// Routes, made of what the screens declare. `/studio` is said once, in the base of vite.config.ts.
import { Button } from '@mantine/core'
import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  lazyRouteComponent,
} from '@tanstack/react-router'
import { Refused } from '@/api/client'
import { Empty } from '@/kit/empty'
import { Go } from '@/kit/go'
import { Head } from '@/kit/head'
import { Trouble } from '@/kit/trouble'
import { SHELL } from '@/words/shell'
import { SCREENS } from './screens'
import { Session } from './session'
import { Shell } from './shell'

const root = createRootRoute({
  component: () => (
    <Session>
      <Shell />
    </Session>
  ),
  notFoundComponent: Nowhere,
})

const routes = SCREENS.flatMap((screen) =>
  screen.pages.map((page) =>
    createRoute({
      getParentRoute: () => root,
      path: page.path,
      component: lazyRouteComponent(page.load),
      errorComponent: Broken,
    }),
  ),
)

export const router = createRouter({
  routeTree: root.addChildren(routes),
  basepath: import.meta.env.BASE_URL,
  // Plain text in the address, and not JSON: `?show=refused`.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const given = Object.entries(search).filter(([, value]) => value !== undefined)
    const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
    return text === '' ? '' : `?${text}`
  },
  scrollRestoration: true,
})

function Nowhere() {
  return (
    <>
      <Head title={SHELL.nowhere} />
      <Empty
        title={SHELL.nowhereWhy}
        action={
          <Go className="link" to="/">
            {SHELL.goHome}
          </Go>
        }
      />
    </>
  )
}

function Broken({ error, reset }: ErrorComponentProps) {
  if (error instanceof Refused) return <Trouble error={error} retry={reset} />
  if (isOfOlderBuild(error)) {
    return (
      <Empty
        title={SHELL.newVersion}
        action={<Button onClick={() => location.reload()}>{SHELL.reload}</Button>}
      >
        {SHELL.newVersionWhy}
      </Empty>
    )
  }
  return <Trouble error={error} retry={reset} />
}

/** A chunk that is no longer there: the server has a newer bundle than this page. */
function isOfOlderBuild(error: unknown): boolean {
  return (
    error instanceof Error &&
    /dynamically imported module|module script failed/i.test(error.message)
  )
}
