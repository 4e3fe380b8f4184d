// The rail: every screen there is, in groups by the job, and at its foot who is here.
import { Menu, Tooltip, useMantineColorScheme } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import {
  IconDeviceDesktop,
  IconLogout,
  IconMoon,
  IconSearch,
  IconSun,
  IconUserCircle,
} from '@tabler/icons-react'
import { useLocation } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Go } from '@/kit/go'
import { SHELL } from '@/words/shell'
import { HealthLine } from './health'
import { Mark } from './mark'
import { GROUPS, type Screen } from './screen'
import { screensFor } from './screens'
import { useMe, useSignOut } from './session'

const ICON = { size: 16, stroke: 1.7 }
export const NARROW = '(max-width: 1320px)'

export function Rail({ onFind }: { onFind: () => void }) {
  const screens = screensFor(useMe().permissions)
  return (
    <nav className="rail" aria-label={SHELL.main}>
      <Go className="brand" to="/" aria-label={SHELL.name}>
        <Mark /> {SHELL.name}
      </Go>
      <Hint label={SHELL.find}>
        <button type="button" className="rail-item" onClick={onFind} aria-label={SHELL.find}>
          <IconSearch {...ICON} /> {SHELL.find}
          <span className="rail-more mono">⌘K</span>
        </button>
      </Hint>
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
    <Hint label={screen.label}>
      <Go
        className="rail-item"
        to={to}
        aria-label={screen.label}
        aria-current={isHere ? 'page' : undefined}
      >
        <Icon {...ICON} /> {screen.label}
      </Go>
    </Hint>
  )
}

/** Where only icons are shown, their names stand beside them on hover and on focus. */
function Hint({ label, children }: { label: string; children: ReactElement }) {
  const isNarrow = useMediaQuery(NARROW)
  return (
    <Tooltip label={label} position="right" disabled={!isNarrow} events={EVENTS}>
      {children}
    </Tooltip>
  )
}

const EVENTS = { hover: true, focus: true, touch: false }

function Who() {
  const me = useMe()
  const signOut = useSignOut()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const themes = [
    ['light', IconSun],
    ['dark', IconMoon],
    ['auto', IconDeviceDesktop],
  ] as const
  return (
    <Menu position="right-end" width={220} withinPortal>
      <Menu.Target>
        <button type="button" className="rail-item" aria-label={`${SHELL.account}: ${me.name}`}>
          <IconUserCircle {...ICON} /> <span className="cut">{me.name}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.name}, {me.role}
        </Menu.Label>
        {themes.map(([name, Icon]) => (
          <Menu.Item
            key={name}
            leftSection={<Icon {...ICON} />}
            rightSection={colorScheme === name ? '✓' : null}
            onClick={() => setColorScheme(name)}
          >
            {SHELL.theme[name]}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item component="a" href="/account" leftSection={<IconUserCircle {...ICON} />}>
          {SHELL.account}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout {...ICON} />} onClick={() => void signOut()}>
          {SHELL.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
