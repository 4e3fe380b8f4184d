// The rail: every screen there is, in groups by the job, and at its foot who is here.
import { IconSearch, IconUserCircle } from '@tabler/icons-react'
import { useLocation } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { Go } from '@/kit/go'
import { SHELL } from '@/words/shell'
import { AlertsLine, HealthLine } from './health'
import { Mark } from './mark'
import { GROUPS, type Screen } from './screen'
import { screensFor } from './screens'
import { useMe } from './session'

const ICON = { size: 16, stroke: 1.7 }

export function Rail({ onFind }: { onFind: () => void }) {
  const screens = screensFor(useMe().permissions)
  return (
    <nav className="rail" aria-label={SHELL.main}>
      <Go className="brand" to="/" aria-label={SHELL.name}>
        <Mark /> {SHELL.name}
      </Go>
      <button type="button" className="rail-item" onClick={onFind} data-hint={SHELL.find}>
        <IconSearch {...ICON} /> {SHELL.find}
        <span className="rail-more mono" aria-hidden="true">
          ⌘K
        </span>
      </button>
      {GROUPS.filter((group) => group !== 'foot').map((group) => {
        const inside = screens.filter((each) => each.group === group)
        if (inside.length === 0) return null
        return (
          <div key={group}>
            {group !== '' && <div className="rail-group">{group}</div>}
            {inside.map((each) => (
              <Item key={each.label} screen={each} />
            ))}
          </div>
        )
      })}
      <div className="rail-foot">
        {screens
          .filter((each) => each.group === 'foot')
          .map((each) => (
            <Item key={each.label} screen={each} />
          ))}
        <AlertsLine />
        <Who />
        <HealthLine />
      </div>
    </nav>
  )
}

function Item({ screen }: { screen: Screen }) {
  const { pathname } = useLocation()
  const to = screen.pages[0].path
  const isHere = to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`)
  const Icon = screen.icon
  return (
    <Go
      className="rail-item"
      to={to}
      data-hint={screen.label}
      aria-current={isHere ? 'page' : undefined}
    >
      <Icon {...ICON} /> {screen.label}
    </Go>
  )
}

/** The menu comes after the first paint: all that floats is in a chunk of its own. */
const WhoMenu = lazy(() => import('./who-menu'))

function Who() {
  const me = useMe()
  const button = (
    <button
      type="button"
      className="rail-item"
      aria-label={`${SHELL.account}: ${me.name}`}
      data-hint={SHELL.account}
    >
      <IconUserCircle {...ICON} /> <span className="cut">{me.name}</span>
    </button>
  )
  return (
    <Suspense fallback={button}>
      <WhoMenu>{button}</WhoMenu>
    </Suspense>
  )
}
