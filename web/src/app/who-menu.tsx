// The menu of who is here: the theme, the account, the way out.
import { Menu, useMantineColorScheme } from '@mantine/core'
import {
  IconDeviceDesktop,
  IconLogout,
  IconMoon,
  IconSun,
  IconUserCircle,
} from '@tabler/icons-react'
import type { ReactElement } from 'react'
import { Go } from '@/kit/go'
import { SHELL } from '@/words/shell'
import { useMe, useSignOut } from './session'

const ICON = { size: 16, stroke: 1.7 }
const THEMES = [
  ['light', IconSun],
  ['dark', IconMoon],
  ['auto', IconDeviceDesktop],
] as const

export default function WhoMenu({ children }: { children: ReactElement }) {
  const me = useMe()
  const signOut = useSignOut()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Menu position="right-end" width={220} withinPortal>
      <Menu.Target>{children}</Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.name}, {me.role}
        </Menu.Label>
        {THEMES.map(([name, Icon]) => (
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
        <Menu.Item component={Go} to="/access/me" leftSection={<IconUserCircle {...ICON} />}>
          {SHELL.account}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout {...ICON} />} onClick={() => void signOut()}>
          {SHELL.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
